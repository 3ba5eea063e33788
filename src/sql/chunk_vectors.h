// Rows of a buffer chunk as DuckDB vectors: numbers without copying, tags over their dictionary.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "columnar/chunk.h"
#include "duckdb/common/types/string_type.hpp"
#include "duckdb/common/types/vector.hpp"

namespace tidemill::sql {

// The values of one tag of one generation as DuckDB strings, in code order; entry 0 is NULL. The
// bytes stay where the dictionary has them.
struct TagValues {
  // Two vectors with the same id hold the same values at the same places: DuckDB keeps what it
  // looked up per value across vectors.
  std::string id;
  std::vector<duckdb::string_t> values;
};

// The tag values one scan needs, each read once, for the largest prefix that any slice sees.
class TagValuesByColumn {
 public:
  void Add(const columnar::ChunkSlice& slice, ColumnId tag);
  // nullptr: the generation has no such tag.
  std::shared_ptr<const TagValues> Find(const columnar::Generation& generation, ColumnId tag) const;

 private:
  std::map<std::pair<const columnar::Generation*, ColumnId>, std::shared_ptr<const TagValues>>
      values_;
};

// Rows of one chunk: `count` of them from `begin`, or those at the `count` places after `begin`
// that `chosen` tells.
struct ChunkRows {
  const columnar::Chunk& chunk;
  std::size_t begin = 0;
  std::size_t count = 0;
  const duckdb::SelectionVector* chosen = nullptr;
};

// Makes `target` refer to the times of the rows.
void ReferToTimes(const ChunkRows& rows, duckdb::Vector& target);
// … to a field; all NULL when the chunk has no such field.
void ReferToField(const ChunkRows& rows, ColumnId field, duckdb::Vector& target);

// Gives out one tag of one generation; belongs to one thread.
class TagReader {
 public:
  TagReader(const columnar::Generation& generation, ColumnId tag,
            std::shared_ptr<const TagValues> values);
  void Refer(const ChunkRows& rows, duckdb::Vector& target);

 private:
  std::size_t tag_ = 0;  // index in the generation
  std::shared_ptr<const TagValues> values_;
  duckdb::Vector dictionary_;
};

void MakeNull(duckdb::Vector& target);

}  // namespace tidemill::sql
