// Values across the border: DuckDB vectors to our ValueVectors and back.
#pragma once

#include <cstddef>
#include <cstdint>

#include "columnar/value_batch.h"
#include "duckdb/common/types/data_chunk.hpp"
#include "duckdb/common/types/validity_mask.hpp"
#include "duckdb/common/types/vector.hpp"

namespace tidemill::sql {

// The first `count` values of `source`, which has a type for which ValueTypeOf gives `type`.
// Throws DuckDB's conversion error when a value does not fit (a HUGEINT beyond Int64, say).
columnar::ValueVector TakeValues(duckdb::Vector& source, std::size_t count,
                                 const columnar::ValueType& type);

// Points `target` (flat, of LogicalTypeOf(values.type)) at values [begin, begin + count), copying
// only what DuckDB lays out differently. `values` must outlive what reads `target`.
void ReferToValues(const columnar::ValueVector& values, std::size_t begin, std::size_t count,
                   duckdb::Vector& target);

// One byte a value (1 = valid) to DuckDB's bit a value. nullptr: all valid.
void SetValidity(const std::uint8_t* valid, std::size_t count, duckdb::ValidityMask& mask);

}  // namespace tidemill::sql
