// Puts log records together to a batch: the rows by table, with their columns' names.
#pragma once

#include <unordered_map>

#include "catalog/snapshot.h"
#include "engine/batch.h"

namespace tidemill::engine {

class BatchBuilder {
 public:
  BatchBuilder(const WriteFilter& filter, std::size_t rows_max, std::size_t bytes_max);

  // False: the record has rows for this batch but they are too many for what is in it already; the
  // record is not taken. The first such record is always taken, whatever its size.
  // `catalog` is at least as new as the record.
  bool Add(const wal::CommittedRecord& record, const catalog::Snapshot& catalog);
  const Batch& batch() const { return batch_; }
  Batch Take(wal::SequenceRange range, bool reached_end);

 private:
  void AddWrite(const wal::RowsRecord& write, const catalog::Snapshot& catalog);
  TableBatch& TableOf(const catalog::Table& table);
  std::size_t RowsFor(const wal::Record& record, const catalog::Snapshot& catalog) const;
  const catalog::Table* Wanted(const wal::TableRows& rows, const catalog::Snapshot& catalog) const;

  const WriteFilter& filter_;
  const std::size_t rows_max_;
  const std::size_t bytes_max_;
  Batch batch_;
  std::unordered_map<TableId, std::size_t> places_;  // in batch_.call.tables
};

}  // namespace tidemill::engine
