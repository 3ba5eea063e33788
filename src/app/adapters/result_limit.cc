#include "app/adapters/result_limit.h"

namespace tidemill::app {
namespace {

std::size_t Bytes(const columnar::ValueVector& vector) {
  std::size_t bytes = vector.valid.size() + vector.words.size() * sizeof(std::uint64_t) +
                      (vector.ends.size() + vector.strings.ends.size()) * sizeof(std::uint32_t) +
                      vector.strings.bytes.size();
  for (const columnar::ValueVector& child : vector.children) bytes += Bytes(child);
  return bytes;
}

}  // namespace

Status ResultLimit::Add(const columnar::ValueBatch& batch) {
  rows_ += batch.rows;
  for (const columnar::ValueVector& column : batch.columns) bytes_ += Bytes(column);
  if (rows_ > rows_max_) {
    return Error{ErrorCode::kLimit, "the result has more than " + std::to_string(rows_max_) +
                                        " rows: aggregate, or add LIMIT"};
  }
  if (bytes_ > bytes_max_) {
    return Error{ErrorCode::kLimit, "the result is larger than " +
                                        std::to_string(bytes_max_ >> 20) +
                                        " MiB: select fewer columns, aggregate, or add LIMIT"};
  }
  return Ok();
}

}  // namespace tidemill::app
