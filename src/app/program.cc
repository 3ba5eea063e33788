#include "app/program.h"

#include <filesystem>

#ifndef TIDEMILL_VERSION
#define TIDEMILL_VERSION "0.0.0"
#endif
#ifndef TIDEMILL_REVISION
#define TIDEMILL_REVISION "unknown"
#endif

namespace tidemill::app {

std::string_view Version() { return TIDEMILL_VERSION; }
std::string_view Revision() { return TIDEMILL_REVISION; }

std::string WorkerPackageDirectory() {
  std::error_code error;
  const auto program = std::filesystem::canonical("/proc/self/exe", error);
  if (error) return "python";
  const auto beside = program.parent_path() / "python";
  if (std::filesystem::exists(beside / "tidemill_worker", error)) return beside.string();
  return (program.parent_path().parent_path() / "python").string();
}

}  // namespace tidemill::app
