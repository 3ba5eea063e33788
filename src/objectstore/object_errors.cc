#include "objectstore/object_errors.h"

#include <fmt/format.h>

namespace tidemill::objectstore {

Error ObjectMissing(std::string_view name) {
  return NotFoundError(fmt::format("object '{}' does not exist", name));
}

Error ObjectExists(std::string_view name) {
  return ConflictError(fmt::format("object '{}' exists already", name));
}

Error ReadPastEnd(std::string_view name, std::uint64_t offset, std::uint64_t length,
                  std::uint64_t bytes) {
  return InvalidError(fmt::format("object '{}': cannot read {} bytes at offset {}, it has {}", name,
                                  length, offset, bytes));
}

Error WriterFinished(std::string_view name) {
  return InvalidError(fmt::format("object '{}': its writer has finished or failed", name));
}

}  // namespace tidemill::objectstore
