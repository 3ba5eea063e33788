// A client that never rests, by seed: writes in bursts, new tables and columns, changes of the
// catalog, flushes, and a reader in between. Everything it does and sees goes to the oracle.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "oracle.h"
#include "stack.h"
#include "testing/manual_clock.h"
#include "testing/seeded_random.h"

namespace tidemill::crash {

class Workload {
 public:
  struct Options {
    int writes_at_once_max = 4;
    std::size_t rows_max = 5;        // of one write in one table
    std::size_t text_bytes_max = 0;  // a string field of up to so many bytes that do not compress
    bool with_changes = true;
    bool with_flushes = true;
    bool with_no_sync = true;
  };
  // Whether the process is gone, so that answers reach nobody and files cannot be read.
  using IsDead = std::function<bool()>;

  Workload(Oracle& oracle, testing::ManualClock& clock, testing::SeededRandom& random,
           IsDead is_dead, Options options);

  // Goes on, in this life of the node, for `steps`: a step is a burst with a look or a flush.
  void Run(Stack& stack, int steps);
  // One write by itself. Its error, if it was not stored.
  Status WriteOnce(Stack& stack);
  // One that needs no change of the catalog, after the first.
  Status WriteKnown(Stack& stack);
  Status CreateDatabase(Stack& stack);
  // What a reader sees now: all of it if files can be read.
  void Look(Stack& stack);

 private:
  struct Request {
    ingest::WriteRequest write;
    Rows rows;
    Facts facts;
  };
  struct Change {
    catalog::Change change;
    std::string key;
    std::optional<std::string> value;
  };

  std::uint64_t Below(std::uint64_t limit) { return random_.Next() % limit; }
  bool OneIn(std::uint64_t n) { return Below(n) == 0; }
  void Burst(Stack& stack);
  Request MakeRequest();
  void AddRow(const std::string& table, bool with_columns, Request& request);
  void AddColumn(const std::string& table, int number, Request& request, std::string& fields,
                 std::string& cell);
  Change MakeChange(const Stack& stack);
  Change MakeDatabase();
  Status Send(Stack& stack, Request request);
  Status Answer(std::size_t write, bool no_sync, const WriteResult& outcome);
  Status AnswerChange(const Change& change, const ChangeResult& outcome);

  Oracle& oracle_;
  testing::ManualClock& clock_;
  testing::SeededRandom& random_;
  const IsDead is_dead_;
  const Options options_;
  std::uint64_t next_row_ = 1;
  int next_name_ = 1;
};

}  // namespace tidemill::crash
