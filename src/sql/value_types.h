// Column types on both sides of the border: DuckDB's, the server's values, and Arrow's names.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "columnar/value_batch.h"
#include "duckdb/common/types.hpp"
#include "model/data_type.h"

namespace tidemill::sql {

// The type a result column of this DuckDB type has outside.
columnar::ValueType ValueTypeOf(const duckdb::LogicalType& type);

// The DuckDB type that holds values of this type as they are; a result of any other DuckDB type
// with the same ValueTypeOf is cast to it first.
duckdb::LogicalType LogicalTypeOf(const columnar::ValueType& type);

// The DuckDB type of a column of a stored table.
duckdb::LogicalType LogicalTypeOf(model::DataType type);

// "Int64", "Timestamp(Nanosecond, None)", "Utf8" …, as arrow_typeof shows and arrow_cast reads.
std::string ArrowNameOf(const duckdb::LogicalType& type);
std::optional<duckdb::LogicalType> ParseArrowName(std::string_view name);

}  // namespace tidemill::sql
