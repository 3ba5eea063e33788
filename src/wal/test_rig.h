// A log over a file system that can fail, as the tests of this folder open it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "observe/metrics.h"
#include "testing/fault_file_system.h"
#include "testing/manual_clock.h"
#include "testing/seeded_random.h"
#include "wal/test_support.h"
#include "wal/wal.h"

namespace tidemill::wal {

// Keeps what it was told, in order.
class RecordingListener final : public GroupListener {
 public:
  void OnCommitted(const GroupPtr& group) override {
    MutexLock lock(mutex_);
    for (const CommittedRecord& record : group->records) sequences_.push_back(record.sequence);
  }
  std::vector<Sequence> sequences() const {
    MutexLock lock(mutex_);
    return sequences_;
  }

 private:
  mutable Mutex mutex_;
  std::vector<Sequence> sequences_ GUARDED_BY(mutex_);
};

class Rig {
 public:
  explicit Rig(std::uint64_t seed = 1) : random_(seed) {
    options.directory = "/data/wal";
    options.segment_bytes = 16 << 10;
    options.reserve_bytes = 8 << 10;
  }

  // Replays into `values` (of row records) and starts.
  Status Open() {
    Close();
    values.clear();
    sequence_of.clear();
    metrics_ = std::make_unique<observe::Metrics>();
    auto opened = Wal::Open(fs, clock, random_, *metrics_, options,
                            [this](const CommittedRecord& record) -> Status {
                              if (std::holds_alternative<RowsRecord>(*record.record)) {
                                values.push_back(ValueOf(*record.record));
                                sequence_of[values.back()] = record.sequence;
                              }
                              return Ok();
                            });
    if (!opened.ok()) return std::move(opened).error();
    wal = std::move(opened).value();
    wal->Start({&listener});
    return Ok();
  }
  // A rows record, and waits for it.
  Result<Sequence> Write(std::int64_t value) { return Await(wal->Append(MakeRows(value))); }
  // `count` rows records, one group each, numbered from `first` on.
  void WriteAll(std::int64_t first, std::int64_t count) {
    for (std::int64_t value = first; value < first + count; ++value) {
      const auto written = Write(value);
      CHECK(written.ok()) << written.error().message;
    }
  }
  void Close() { wal.reset(); }

  std::vector<Sequence> ReadSequences(Sequence after, std::size_t bytes_max) {
    const auto records = wal->Read(after, bytes_max);
    CHECK(records.ok()) << records.error().message;
    std::vector<Sequence> sequences;
    for (const CommittedRecord& record : *records) sequences.push_back(record.sequence);
    return sequences;
  }

  testing::FaultFileSystem fs;
  testing::ManualClock clock;
  Wal::Options options;
  RecordingListener listener;
  std::vector<std::int64_t> values;              // replayed by the last Open
  std::map<std::int64_t, Sequence> sequence_of;  // of those values

 private:
  testing::SeededRandom random_;
  std::unique_ptr<observe::Metrics> metrics_;

 public:
  std::unique_ptr<Wal> wal;  // uses all of the above
};

inline std::vector<std::int64_t> Count(std::int64_t first, std::int64_t last) {
  std::vector<std::int64_t> numbers;
  for (std::int64_t number = first; number <= last; ++number) numbers.push_back(number);
  return numbers;
}
inline std::vector<Sequence> Sequences(Sequence first, Sequence last) {
  std::vector<Sequence> sequences;
  for (Sequence sequence = first; sequence <= last; ++sequence) sequences.push_back(sequence);
  return sequences;
}

}  // namespace tidemill::wal
