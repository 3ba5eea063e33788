#include "app/data_directory.h"

#include <nlohmann/json.hpp>

#include "base/status_macros.h"

namespace tidemill::app {
namespace {

constexpr std::string_view kMarker = "tidemill.json";

Status CheckMarker(FileSystem& fs, const std::string& path) {
  TRY_ASSIGN(const std::string text, ReadWholeFile(fs, path));
  const auto json = nlohmann::json::parse(text, nullptr, false);
  const int layout = json.is_object() ? json.value("layout", 0) : 0;
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

}  // namespace

Result<DataDirectory> OpenDataDirectory(FileSystem& fs, const std::string& data_dir,
                                        const std::string& node_id) {
  DataDirectory directory{data_dir, data_dir + "/" + node_id};
  TRY(fs.CreateDirectories(directory.node));
  const std::string marker = directory.node + "/" + std::string(kMarker);
  TRY_ASSIGN(const bool has_marker, fs.Exists(marker));
  if (has_marker) {
    TRY(CheckMarker(fs, marker));
    return directory;
  }
  TRY_ASSIGN(const auto entries, fs.List(directory.node));
  for (const auto& entry : entries) {
    if (entry.name == std::string(kMarker) + ".tmp") continue;  // a first start that was cut short
    return ConflictError("'" + directory.node + "' holds '" + entry.name + "' but no " +
                         std::string(kMarker) +
                         ": it belongs to another program; choose another --data-dir or --node-id");
  }
  TRY(WriteFileAtomically(fs, marker, "{\"layout\": " + std::to_string(kLayoutVersion) + "}\n"));
  return directory;
}

}  // namespace tidemill::app
