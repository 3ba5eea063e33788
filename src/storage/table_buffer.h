// One table's recent rows: takes writes in sequence order and shows them as chunk slices.
//
// A chunk is sealed when it is full or when the table gets a column; a generation ends with a new
// tag column and with every freeze. One writer; what Slices() returns is safe for readers on any
// thread while the writer goes on. No locks: TableSet owns the order.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/ids.h"
#include "columnar/chunk.h"
#include "columnar/generation.h"
#include "columnar/row_block.h"
#include "storage/memory_meter.h"
#include "storage/table_layout.h"

namespace tidemill::storage {

class TableBuffer {
 public:
  // `epochs` numbers the generations of the process.
  TableBuffer(std::shared_ptr<MemoryMeter> meter, std::atomic<std::uint64_t>& epochs);
  TableBuffer(TableBuffer&&) = default;

  // The rows of one write; sequences do not fall. `layout` has every column of the block.
  void Append(Sequence sequence, const columnar::RowBlock& block, const TableLayout& layout);
  // Rows of an older write than some that are here, as replay meets them (contracts D.4): they go
  // where their sequence belongs.
  void InsertCarried(Sequence original, const columnar::RowBlock& block, const TableLayout& layout);
  // The table's files hold rows up to this time.
  void NoteFlushedTime(std::int64_t max_time);

  // Ends the open chunk and the generation: what Slices() returns now never changes.
  void Freeze();
  // Takes out every slice up to `through`, which is where a freeze ended. The caller lets go of
  // them outside its locks.
  std::vector<columnar::ChunkSlice> DropThrough(Sequence through);

  std::vector<columnar::ChunkSlice> Slices() const;  // oldest first
  bool empty() const { return sealed_.empty() && open_ == nullptr; }
  std::uint64_t rows() const;
  std::uint64_t memory_bytes() const;
  // Of the generation that takes writes now.
  std::uint32_t series() const { return generation_ ? generation_->series_count() : 0; }
  // Of the oldest write here, or of the oldest after a flush up to `after`; 0: there is none.
  Sequence first_sequence(Sequence after = 0) const;

 private:
  void PrepareChunk(const TableLayout& layout, std::size_t rows_to_come);
  void StartGeneration(const TableLayout& layout);
  void StartChunk(const TableLayout& layout, std::size_t rows_to_come);
  void Seal();
  void MapSeries(const columnar::RowBlock& block, const TableLayout& layout);
  void NoteTimes(Sequence sequence, const columnar::RowBlock& block, std::size_t begin,
                 std::size_t count);
  columnar::ChunkSlice OpenSlice() const;
  std::int64_t NewestTime() const;

  std::shared_ptr<MemoryMeter> meter_;
  std::atomic<std::uint64_t>* epochs_;

  std::vector<columnar::ChunkSlice> sealed_;
  std::shared_ptr<columnar::Generation> generation_;  // nullptr: the next write starts one
  std::shared_ptr<columnar::Chunk> open_;             // nullptr: the next write starts one
  columnar::ChunkSlice open_slice_;                   // of open_; sizes are filled in OpenSlice()
  std::uint64_t generation_counted_ = 0;
  std::uint64_t open_counted_ = 0;
  std::size_t next_capacity_;
  std::int64_t newest_before_generation_ = columnar::Generation::kNoTime;
  std::int64_t newest_flushed_ = columnar::Generation::kNoTime;
  // Of the rows carried in since this generation began, which knows nothing of them.
  std::int64_t newest_carried_ = columnar::Generation::kNoTime;

  // Scratch of Append.
  std::vector<std::uint32_t> value_codes_;   // of the block's values, tag after tag
  std::vector<std::size_t> value_begins_;    // where each tag of the block begins in value_codes_
  std::vector<std::uint32_t> tag_places_;    // of the block's tags in the generation
  std::vector<std::uint32_t> series_codes_;  // of one series
  std::vector<std::uint32_t> series_;        // the generation's number of each series of the block
};

}  // namespace tidemill::storage
