#include "app/data_directory.h"

#include <nlohmann/json.hpp>

#include "base/status_macros.h"

namespace tidemill::app {
namespace {

constexpr std::string_view kMarker = "tidemill.json";
constexpr std::string_view kLock = "lock";

Status CheckMarker(FileSystem& fs, const std::string& path) {
  TRY_ASSIGN(const std::string text, ReadWholeFile(fs, path));
  const auto json = nlohmann::json::parse(text, nullptr, false);
  const auto found = json.is_object() ? json.find("layout") : json.end();
  const bool is_number = json.is_object() && found != json.end() && found->is_number_integer();
  const std::int64_t layout = is_number ? found->get<std::int64_t>() : 0;
  if (layout <= 0)
    return CorruptError(
        "'" + path + "' is damaged: expected {\"layout\": " + std::to_string(kLayoutVersion) + "}");
  if (layout > kLayoutVersion) {
    return ConflictError("'" + path + "' says layout " + std::to_string(layout) +
                         ", this binary knows " + std::to_string(kLayoutVersion) +
                         ": use the newer tidemill that wrote it");
  }
  return Ok();
}

// Nothing but what a first start leaves that was cut short.
Status CheckUnused(FileSystem& fs, const std::string& node) {
  TRY_ASSIGN(const auto entries, fs.List(node));
  for (const auto& entry : entries) {
    if (entry.name == std::string(kMarker) + ".tmp" || entry.name == kLock) continue;
    return ConflictError("'" + node + "' holds '" + entry.name + "' but no " +
                         std::string(kMarker) +
                         ": it belongs to another program; choose another --data-dir or --node-id");
  }
  return Ok();
}

Result<std::unique_ptr<FileLock>> Lock(FileSystem& fs, const std::string& node) {
  auto lock = fs.Lock(node + "/" + std::string(kLock));
  if (lock.ok() || lock.error().code != ErrorCode::kConflict) return lock;
  return ConflictError("another server runs on '" + node +
                       "': stop it, or choose another --data-dir or --node-id");
}

}  // namespace

Result<DataDirectory> OpenDataDirectory(FileSystem& fs, const std::string& data_dir,
                                        const std::string& node_id) {
  DataDirectory directory{.root = data_dir, .node = data_dir + "/" + node_id, .lock = nullptr};
  TRY(CreateDirectoriesDurably(fs, directory.node));
  const std::string marker = directory.node + "/" + std::string(kMarker);
  TRY_ASSIGN(const bool has_marker, fs.Exists(marker));
  if (!has_marker) TRY(CheckUnused(fs, directory.node));
  TRY_ASSIGN(directory.lock, Lock(fs, directory.node));
  if (has_marker) {
    TRY(CheckMarker(fs, marker));
  } else {
    TRY(WriteFileAtomically(fs, marker, "{\"layout\": " + std::to_string(kLayoutVersion) + "}\n"));
  }
  return directory;
}

Result<DataDirectory> InspectDataDirectory(FileSystem& fs, const std::string& data_dir,
                                           const std::string& node_id) {
  DataDirectory directory{.root = data_dir, .node = data_dir + "/" + node_id, .lock = nullptr};
  const std::string marker = directory.node + "/" + std::string(kMarker);
  TRY_ASSIGN(const bool has_marker, fs.Exists(marker));
  if (!has_marker) {
    return NotFoundError("there is no data directory of ours at '" + directory.node + "': no " +
                         std::string(kMarker) + "; check --data-dir and --node-id");
  }
  // Without the file nobody holds it, and it is not made.
  TRY_ASSIGN(const bool has_lock, fs.Exists(directory.node + "/" + std::string(kLock)));
  if (has_lock) {
    TRY_ASSIGN(directory.lock, Lock(fs, directory.node));
  }
  TRY(CheckMarker(fs, marker));
  return directory;
}

}  // namespace tidemill::app
