#include "storage/table_version.h"

namespace tidemill::storage {

std::size_t TableVersion::buffered_rows() const {
  std::size_t rows = 0;
  for (const columnar::ChunkSlice& slice : chunks) rows += slice.rows;
  return rows;
}

}  // namespace tidemill::storage
