#include "wal/ballast.h"

#include <memory>

#include "base/log.h"
#include "base/status_macros.h"

namespace tidemill::wal {

void Ballast::Take() {
  if (const Status taken = Allocate(); !taken.ok()) {
    Log(LogLevel::kWarn, "wal", "no {} bytes to hold back for a full disk: {}", bytes_,
        taken.error().message);
    GiveUp();
    is_given_up_ = false;  // there was none to take back
  }
}

void Ballast::GiveUp() {
  const Status removed = fs_.Remove(path_);
  if (removed.ok()) {
    is_given_up_ = true;
    Log(LogLevel::kWarn, "wal", "gave up the space held in '{}'", path_);
  } else if (removed.error().code != ErrorCode::kNotFound) {
    Log(LogLevel::kWarn, "wal", "{}", removed.error().message);
  }
}

Status Ballast::TakeBack() {
  if (!is_given_up_) return Ok();
  TRY(Allocate());
  is_given_up_ = false;
  return Ok();
}

Status Ballast::Allocate() {
  TRY_ASSIGN(const bool exists, fs_.Exists(path_));
  if (bytes_ == 0) return exists ? fs_.Remove(path_) : Ok();
  TRY_ASSIGN(const std::unique_ptr<File> file,
             fs_.Open(path_, exists ? OpenMode::kReadWrite : OpenMode::kCreateNew));
  return file->Allocate(bytes_);
}

}  // namespace tidemill::wal
