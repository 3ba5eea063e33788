// Takes rows and columns out of a block so that nothing of what is left out remains: no series, no
// tag value, no column.
//
// A tag value that only a refused line had must not be seen by anyone who lists the values of a
// tag.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "columnar/row_block.h"

namespace tidemill::ingest {

// The rows of `block` whose `keep` is not zero, with the columns that have an id. Kept rows have
// values in such columns only.
columnar::RowBlock SelectRows(const columnar::RowBlock& block, std::span<const std::uint8_t> keep);

}  // namespace tidemill::ingest
