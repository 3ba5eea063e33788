#include "objectstore/local_files.h"

#include <fmt/format.h>

#include "base/status_macros.h"
#include "objectstore/object_errors.h"

namespace tidemill::objectstore {
namespace {

constexpr std::string_view kTemporaryDirectory = ".tmp";

}  // namespace

std::string LocalFiles::PathOf(std::string_view name) const {
  return fmt::format("{}/{}", directory_, name);
}

Result<std::string> LocalFiles::NewTemporary() {
  TRY(EnsureDirectory(PathOf(kTemporaryDirectory)));
  // Nobody has a name yet when this runs, so that it removes nothing in use.
  std::call_once(leftovers_removed_, [this] { RemoveLeftovers(); });
  return PathOf(fmt::format("{}/{}", kTemporaryDirectory, next_temporary_++));
}

Status LocalFiles::Publish(const std::string& temporary, const std::string& name) {
  const std::string path = PathOf(name);
  TRY(EnsureDirectory(ParentDirectory(path)));
  TRY(fs_.Rename(temporary, path));
  return fs_.SyncDirectory(ParentDirectory(path));
}

Status LocalFiles::PublishIfAbsent(const std::string& temporary, const std::string& name) {
  const std::string path = PathOf(name);
  TRY(EnsureDirectory(ParentDirectory(path)));
  const Status linked = fs_.LinkNew(temporary, path);
  if (!linked.ok() && linked.error().code == ErrorCode::kConflict) return ObjectExists(name);
  TRY(linked);
  return fs_.SyncDirectory(ParentDirectory(path));
}

void LocalFiles::Discard(const std::string& temporary) { static_cast<void>(fs_.Remove(temporary)); }

Status LocalFiles::EnsureDirectory(const std::string& path) {
  if (IsDurable(path)) return Ok();
  TRY(CreateDirectoriesDurably(fs_, path));
  MutexLock lock(mutex_);
  durable_directories_.insert(path);
  return Ok();
}

bool LocalFiles::IsDurable(const std::string& path) const {
  MutexLock lock(mutex_);
  return durable_directories_.contains(path);
}

void LocalFiles::RemoveLeftovers() {
  const auto leftovers = fs_.List(PathOf(kTemporaryDirectory));
  if (!leftovers.ok()) return;
  for (const DirectoryEntry& leftover : *leftovers)
    Discard(PathOf(fmt::format("{}/{}", kTemporaryDirectory, leftover.name)));
}

}  // namespace tidemill::objectstore
