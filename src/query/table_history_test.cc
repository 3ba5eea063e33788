// Random histories of one table against a model: writes, late ones, overwrites of single fields,
// flushes, merges of neighbouring files, retention, restarts, and kills at any call of the file
// system.
//
// A history that goes wrong is made as short as it gets and printed with its seed. More of them:
// TIDEMILL_HISTORIES=5000 build/release/tests/query_test --gtest_filter='TableHistory*'.
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <numeric>

#include "base/log.h"
#include "query/test_node.h"
#include "storage/table_model.h"

namespace tidemill::query {
namespace {

using storage::TestCatalog;
using storage::TestRow;

constexpr std::int64_t kMinute = 60'000'000'000;

struct Step {
  enum class Kind { kWrite, kFlush, kMerge, kRestart, kKillSoon, kAdvance, kRetention };
  Kind kind = Kind::kWrite;
  std::vector<TestRow> rows;  // of kWrite; times are minutes after the start of the clock
  std::uint64_t number = 0;   // which files, which call, how many minutes
};
using History = std::vector<Step>;

std::string Print(const Step& step) {
  switch (step.kind) {
    case Step::Kind::kFlush: return "flush";
    case Step::Kind::kMerge: return fmt::format("merge {}", step.number);
    case Step::Kind::kRestart: return "restart";
    case Step::Kind::kKillSoon: return fmt::format("kill at call {}", step.number);
    case Step::Kind::kAdvance: return fmt::format("advance {} minutes", step.number);
    case Step::Kind::kRetention: return fmt::format("retention of {} minutes", step.number);
    case Step::Kind::kWrite: break;
  }
  std::string text = "write";
  for (const TestRow& row : step.rows) {
    text += fmt::format("\n    minute {}", row.time);
    for (const auto& [name, value] : row.tags) text += fmt::format(" {}={}", name, value);
    text += " :";
    for (const auto& [name, value] : row.fields) {
      text += std::visit([&](const auto& v) { return fmt::format(" {}={}", name, v); }, value);
    }
  }
  return text;
}

std::string Print(const History& history) {
  std::string text;
  for (const Step& step : history) text += "\n  " + Print(step);
  return text;
}

std::vector<TestRow> RandomRows(testing::SeededRandom& random, std::int64_t newest) {
  std::vector<TestRow> rows(1 + random.Next() % 12);
  const bool is_late = random.Next() % 3 == 0;
  for (TestRow& row : rows) {
    row.time = is_late ? static_cast<std::int64_t>(random.Next() % 120)
                       : newest - static_cast<std::int64_t>(random.Next() % 5);
    if (random.Next() % 4 != 0) row.tags["host"] = fmt::format("h{}", random.Next() % 3);
    if (random.Next() % 3 == 0) row.tags["region"] = random.Next() % 2 == 0 ? "eu" : "us";
    if (random.Next() % 2 == 0) row.fields["load"] = static_cast<double>(random.Next() % 100);
    if (random.Next() % 2 == 0) row.fields["up"] = random.Next() % 2 == 0;
    if (random.Next() % 3 == 0) row.fields["note"] = fmt::format("n{}", random.Next() % 100);
    if (row.fields.empty() || random.Next() % 4 == 0) {
      row.fields["count"] = static_cast<std::int64_t>(random.Next() % 100);
    }
  }
  return rows;
}

Step RandomStep(testing::SeededRandom& random, std::int64_t newest) {
  const std::uint64_t what = random.Next() % 100;
  const std::uint64_t number = random.Next();
  if (what < 45) return {Step::Kind::kWrite, RandomRows(random, newest), 0};
  if (what < 68) return {Step::Kind::kFlush, {}, 0};
  if (what < 84) return {Step::Kind::kMerge, {}, number % 64};
  if (what < 87) return {Step::Kind::kRestart, {}, 0};
  if (what < 92) return {Step::Kind::kKillSoon, {}, 1 + number % 40};
  if (what < 97) return {Step::Kind::kAdvance, {}, number % 15};
  return {Step::Kind::kRetention, {}, 60};
}

History RandomHistory(std::uint64_t seed) {
  testing::SeededRandom random(seed);
  History history;
  for (int i = 0; i < 40; ++i) history.push_back(RandomStep(random, 100 + i));
  return history;
}

// Plays a history on a node of its own, and looks after every step.
class Player {
 public:
  Player() {
    table_ = node_.catalog.Extend("plant", "cpu",
                                  {TestCatalog::Tag("host"), TestCatalog::Tag("region"),
                                   TestCatalog::Field("load", model::DataType::kFloat64),
                                   TestCatalog::Field("up", model::DataType::kBool),
                                   TestCatalog::Field("note", model::DataType::kString),
                                   TestCatalog::Field("count", model::DataType::kInt64)});
    start_ = node_.clock.Now().nanos() - 120 * kMinute;
  }

  // What went wrong; empty: nothing did.
  std::string Play(const History& history) {
    if (const Status started = node_.Start(); !started.ok()) return started.error().message;
    for (std::size_t i = 0; i < history.size(); ++i) {
      std::string wrong = Do(history[i]);
      if (wrong.empty() && node_.fs.is_dead()) wrong = Revive();
      if (wrong.empty()) wrong = Look();
      if (node_.fs.is_dead()) {  // while it was read
        wrong = Revive();
        if (wrong.empty()) wrong = Look();
      }
      if (!wrong.empty()) return fmt::format("after step {}: {}", i + 1, wrong);
    }
    return "";
  }

 private:
  std::string Do(const Step& step) {
    switch (step.kind) {
      case Step::Kind::kWrite: return Write(step.rows);
      case Step::Kind::kFlush: return Judge(node_.storage().FlushAll());
      case Step::Kind::kMerge: return Merge(step.number);
      case Step::Kind::kRestart: node_.Stop(); return Judge(node_.Start());
      case Step::Kind::kKillSoon: node_.fs.DieAtCall(step.number); return "";
      case Step::Kind::kAdvance:
        node_.clock.Advance(
            std::chrono::nanoseconds(static_cast<std::int64_t>(step.number) * kMinute));
        return "";
      case Step::Kind::kRetention:
        retention_ = std::chrono::minutes(step.number);
        node_.catalog.Change(catalog::SetRetention{"plant", retention_});
        return "";
    }
    return "";
  }

  // A dead node may say anything.
  template <typename T>
  std::string Judge(const Result<T>& result) {
    return result.ok() || node_.fs.is_dead() ? "" : result.error().message;
  }

  std::string Write(std::vector<TestRow> rows) {
    for (TestRow& row : rows) row.time = start_ + row.time * kMinute;
    const auto written = node_.Write(table_, rows);
    if (written.ok()) {
      model_.Write(rows);
    } else {
      unanswered_ = std::move(rows);
    }
    return Judge(written);
  }

  // Any two neighbours, or three.
  std::string Merge(std::uint64_t number) {
    const std::size_t files = node_.storage().Pin({&table_->id, 1})[0]->files.size();
    const std::size_t count = 2 + number % 2;
    if (files < count) return "";
    return Judge(node_.storage().MergeFiles(table_->id, number / 2 % (files - count + 1), count));
  }

  // The next process. A write without an answer is there whole or not at all.
  std::string Revive() {
    node_.Stop();
    node_.fs.PowerCut(++power_cuts_);
    if (const Status started = node_.Start(); !started.ok()) return started.error().message;
    if (unanswered_.empty()) return "";
    storage::TableModel with = model_;
    with.Write(std::exchange(unanswered_, {}));
    if (Read() == with.Read(Cutoff())) model_ = std::move(with);
    return "";
  }

  Timestamp Cutoff() const {
    return retention_.count() == 0 ? Timestamp::Min() : node_.clock.Now() - retention_;
  }

  std::vector<std::string> Read() {
    auto rows = node_.Query("plant", "SELECT time, host, region, load, up, note, count FROM cpu");
    std::ranges::sort(rows);
    return rows;
  }

  std::string Look() {
    const auto expected = model_.Read(Cutoff());
    const auto found = Read();
    if (found == expected) return CountAll(expected.size());
    for (std::size_t i = 0; i < std::min(found.size(), expected.size()); ++i) {
      if (found[i] == expected[i]) continue;
      return fmt::format("row {} is {}, the model has {}", i, found[i], expected[i]);
    }
    return fmt::format(
        "{} rows, the model has {}: {}", found.size(), expected.size(),
        found.size() > expected.size() ? found[expected.size()] : expected[found.size()]);
  }

  // Reads no column, so that a scan may take another path.
  std::string CountAll(std::size_t expected) {
    const auto count = node_.Query("plant", "SELECT count(*) FROM cpu");
    return count == std::vector{fmt::format("{}", expected)}
               ? ""
               : fmt::format("count(*) is {}, the model has {}", count.front(), expected);
  }

  TestNode node_;
  std::shared_ptr<const catalog::Table> table_;
  std::int64_t start_ = 0;
  std::chrono::nanoseconds retention_{0};
  storage::TableModel model_{{"host", "region", "load", "up", "note", "count"}};
  std::vector<TestRow> unanswered_;
  std::uint64_t power_cuts_ = 0;
};

std::string Play(const History& history) { return Player().Play(history); }

// Leaves out steps, then rows, as long as it still goes wrong.
History Shrink(History history) {
  for (std::size_t length = history.size() / 2; length > 0; length /= 2) {
    for (std::size_t begin = 0; begin + length <= history.size();) {
      History shorter = history;
      const auto first = shorter.begin() + static_cast<std::ptrdiff_t>(begin);
      shorter.erase(first, first + static_cast<std::ptrdiff_t>(length));
      if (Play(shorter).empty()) {
        begin += length;
      } else {
        history = std::move(shorter);
      }
    }
  }
  for (std::size_t step = 0; step < history.size(); ++step) {
    for (std::size_t row = 0; history[step].rows.size() > 1 && row < history[step].rows.size();) {
      History shorter = history;
      shorter[step].rows.erase(shorter[step].rows.begin() + static_cast<std::ptrdiff_t>(row));
      if (Play(shorter).empty()) {
        ++row;
      } else {
        history = std::move(shorter);
      }
    }
  }
  return history;
}

TEST(TableHistoryTest, EveryStepOfEveryHistoryEqualsTheModel) {
  ASSERT_TRUE(SetLogFilter("off").ok());
  const char* histories = std::getenv("TIDEMILL_HISTORIES");
  const std::uint64_t count = histories == nullptr ? 20 : std::stoull(histories);
  for (std::uint64_t seed = 1; seed <= count; ++seed) {
    const History history = RandomHistory(seed);
    if (Play(history).empty()) continue;
    const History shortest = Shrink(history);
    FAIL() << "seed " << seed << ": " << Play(shortest) << Print(shortest);
  }
}

// Flushes that overwrite different fields of the same points, then every order in which the
// neighbours among the files can be merged.
TEST(TableHistoryTest, NeighboursMergedInAnyOrderEqualTheModel) {
  ASSERT_TRUE(SetLogFilter("off").ok());
  constexpr std::uint64_t kFiles = 4;
  History flushes;
  for (std::uint64_t file = 0; file < kFiles; ++file) {
    std::vector<TestRow> rows(3);
    for (TestRow& row : rows) row.tags["host"] = "h";
    for (std::size_t i = 0; i < rows.size(); ++i) rows[i].time = static_cast<std::int64_t>(i);
    rows[file % 3].fields["load"] = static_cast<double>(file);
    rows[(file + 1) % 3].fields["note"] = fmt::format("n{}", file);
    rows[(file + 2) % 3].fields["count"] = static_cast<std::int64_t>(file);
    flushes.push_back({Step::Kind::kWrite, rows, 0});
    flushes.push_back({Step::Kind::kFlush, {}, 0});
  }
  const std::function<void(History, std::uint64_t)> merge = [&](History so_far,
                                                                std::uint64_t files) {
    if (files == 1) {
      const std::string wrong = Play(so_far);
      EXPECT_TRUE(wrong.empty()) << wrong << Print(so_far);
      return;
    }
    for (std::uint64_t pair = 0; pair + 1 < files; ++pair) {
      History next = so_far;
      next.push_back({Step::Kind::kMerge, {}, 2 * pair});
      merge(std::move(next), files - 1);
    }
  };
  merge(flushes, kFiles);
}

}  // namespace
}  // namespace tidemill::query
