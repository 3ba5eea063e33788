#include "columnar/merge_runs.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <compare>
#include <map>
#include <string>

#include "testing/seeded_random.h"

namespace tidemill::columnar {
namespace {

using Text = std::optional<std::string>;

struct Key {
  std::vector<Text> tags;
  std::int64_t time = 0;
  auto operator<=>(const Key&) const = default;
};
struct Fields {
  std::optional<std::int64_t> number;
  Text text;
  bool operator==(const Fields&) const = default;
};
struct Row {
  Key key;
  Fields fields;
  bool operator==(const Row&) const = default;
};
using Rows = std::vector<Row>;

ValueVector Texts(const Rows& rows, const std::function<Text(const Row&)>& get) {
  ValueVector out;
  out.type.kind = ValueKind::kString;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Text text = get(rows[i]);
    out.strings.Append(text.value_or(""));
    if (text) continue;
    if (out.valid.empty()) out.valid.assign(rows.size(), 1);
    out.valid[i] = 0;
  }
  return out;
}

ValueVector Numbers(ValueKind kind, const Rows& rows,
                    const std::function<std::optional<std::int64_t>(const Row&)>& get) {
  ValueVector out;
  out.type.kind = kind;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const auto number = get(rows[i]);
    out.words.push_back(static_cast<std::uint64_t>(number.value_or(0)));
    if (number) continue;
    if (out.valid.empty()) out.valid.assign(rows.size(), 1);
    out.valid[i] = 0;
  }
  return out;
}

ValueBatch BatchOf(std::size_t tags, const Rows& rows) {
  ValueBatch batch;
  batch.rows = rows.size();
  for (std::size_t tag = 0; tag < tags; ++tag) {
    batch.columns.push_back(Texts(rows, [&](const Row& row) { return row.key.tags[tag]; }));
  }
  batch.columns.push_back(
      Numbers(ValueKind::kTimestamp, rows, [](const Row& row) { return row.key.time; }));
  batch.columns.push_back(
      Numbers(ValueKind::kInt64, rows, [](const Row& row) { return row.fields.number; }));
  batch.columns.push_back(Texts(rows, [](const Row& row) { return row.fields.text; }));
  return batch;
}

Text TextAt(const ValueVector& values, std::size_t row) {
  if (values.IsNull(row)) return std::nullopt;
  return std::string(values.strings[row]);
}

void ReadBatch(std::size_t tags, const ValueBatch& batch, Rows& out) {
  for (std::size_t i = 0; i < batch.rows; ++i) {
    Row row;
    for (std::size_t tag = 0; tag < tags; ++tag) {
      row.key.tags.push_back(TextAt(batch.columns[tag], i));
    }
    row.key.time = static_cast<std::int64_t>(batch.columns[tags].words[i]);
    const ValueVector& number = batch.columns[tags + 1];
    if (!number.IsNull(i)) row.fields.number = static_cast<std::int64_t>(number.words[i]);
    row.fields.text = TextAt(batch.columns[tags + 2], i);
    out.push_back(std::move(row));
  }
}

// The rows batch by batch, `batch_rows` at a time.
MergeRuns::Run RunOf(std::size_t tags, Rows rows, std::size_t batch_rows) {
  return [=, next = std::size_t{0}]() mutable -> Result<std::optional<ValueBatch>> {
    if (next == rows.size()) return std::optional<ValueBatch>();
    const std::size_t end = std::min(rows.size(), next + batch_rows);
    const Rows part(rows.begin() + static_cast<std::ptrdiff_t>(next),
                    rows.begin() + static_cast<std::ptrdiff_t>(end));
    next = end;
    return std::optional(BatchOf(tags, part));
  };
}

// `runs`: newest first.
Rows Merge(std::size_t tags, const std::vector<Rows>& runs, std::size_t batch_rows = 100,
           std::size_t rows_max = 100) {
  std::vector<MergeRuns::Run> sources;
  for (const Rows& rows : runs) sources.push_back(RunOf(tags, rows, batch_rows));
  MergeRuns merge(std::move(sources), {.tags = tags, .rows_max = rows_max});
  Rows out;
  while (true) {
    const auto batch = merge.Next();
    EXPECT_TRUE(batch.ok()) << batch.error().message;
    if (!batch.ok() || !batch->has_value()) return out;
    EXPECT_GT((*batch)->rows, 0U);
    EXPECT_LE((*batch)->rows, rows_max);
    ReadBatch(tags, **batch, out);
  }
}

// A map from key to fields, written to from the oldest row to the newest.
Rows SlowMerge(const std::vector<Rows>& runs) {
  std::map<Key, Fields> points;
  for (auto run = runs.rbegin(); run != runs.rend(); ++run) {
    for (const Row& row : *run) {
      Fields& fields = points[row.key];
      if (row.fields.number) fields.number = row.fields.number;
      if (row.fields.text) fields.text = row.fields.text;
    }
  }
  Rows out;
  for (const auto& [key, fields] : points) out.push_back({key, fields});
  return out;
}

Row Point(std::int64_t time, std::optional<std::int64_t> number, Text text) {
  return {{{"a"}, time}, {number, std::move(text)}};
}

TEST(MergeRuns, EachFieldHasTheNewestValueThatIsNotNull) {
  const Rows newest = {Point(1, std::nullopt, "new")};
  const Rows middle = {Point(1, 2, std::nullopt), Point(2, 5, std::nullopt)};
  const Rows oldest = {Point(1, 1, "old"), Point(2, std::nullopt, std::nullopt)};
  EXPECT_EQ(Merge(1, {newest, middle, oldest}),
            (Rows{Point(1, 2, "new"), Point(2, 5, std::nullopt)}));
}

TEST(MergeRuns, InOneRunTheLaterRowIsTheNewer) {
  for (const std::size_t batch_rows : {1U, 2U, 3U, 100U}) {
    SCOPED_TRACE(batch_rows);
    EXPECT_EQ(Merge(1, {{Point(1, 1, "a"), Point(1, 2, std::nullopt), Point(1, 3, std::nullopt)}},
                    batch_rows, 1),
              (Rows{Point(1, 3, "a")}));
  }
}

TEST(MergeRuns, NullIsATagValueOfItsOwnAndComesFirst) {
  const Row absent{{{std::nullopt}, 1}, {1, ""}};
  const Row empty{{{""}, 1}, {2, ""}};
  const Row high{{{"\xff"}, 1}, {3, ""}};
  EXPECT_EQ(Merge(1, {{empty}, {absent, high}}), (Rows{absent, empty, high}));
}

TEST(MergeRuns, NoRunsAndEmptyRunsGiveNothing) {
  EXPECT_EQ(Merge(1, {}), Rows{});
  EXPECT_EQ(Merge(1, {{}, {}}), Rows{});
}

TEST(MergeRuns, ABatchEndsWhenItHasEnoughText) {
  Rows rows;
  for (std::int64_t time = 0; time < 8; ++time)
    rows.push_back(Point(time, 1, std::string(99, 'x')));
  MergeRuns merge({RunOf(1, rows, 2)}, {.tags = 1, .text_bytes_max = 300});
  const auto batch = merge.Next();
  ASSERT_TRUE(batch.ok() && batch->has_value());
  EXPECT_EQ((*batch)->rows, 4U);
}

TEST(MergeRuns, HandsOnTheErrorOfARun) {
  bool is_first = true;
  const auto fails_later = [&]() -> Result<std::optional<ValueBatch>> {
    if (!std::exchange(is_first, false)) return Error{ErrorCode::kIo, "the disk is gone"};
    return std::optional(BatchOf(1, {Point(1, 1, "")}));
  };
  MergeRuns merge({fails_later}, {.tags = 1});
  const auto batch = merge.Next();
  ASSERT_FALSE(batch.ok());
  EXPECT_EQ(batch.error().message, "the disk is gone");
}

Rows RandomRun(testing::SeededRandom& random, std::size_t tags, std::int64_t times) {
  Rows rows(random.Next() % 60);
  for (Row& row : rows) {
    for (std::size_t tag = 0; tag < tags; ++tag) {
      const std::uint64_t dice = random.Next() % 4;
      row.key.tags.push_back(dice == 0 ? Text() : Text(std::string(dice - 1, 'x')));
    }
    row.key.time = static_cast<std::int64_t>(random.Next()) % times;
    if (random.Next() % 2 == 0) row.fields.number = static_cast<std::int64_t>(random.Next());
    if (random.Next() % 2 == 0) row.fields.text = std::string(random.Next() % 20, 'y');
  }
  std::stable_sort(rows.begin(), rows.end(),
                   [](const Row& a, const Row& b) { return a.key < b.key; });
  return rows;
}

TEST(MergeRuns, EqualsAMapWrittenToInOrder) {
  for (std::uint64_t seed = 1; seed <= 2'000; ++seed) {
    SCOPED_TRACE(seed);
    testing::SeededRandom random(seed);
    const std::size_t tags = random.Next() % 3;
    const std::int64_t times = random.Next() % 2 == 0 ? 5 : 1'000;
    std::vector<Rows> runs(random.Next() % 6);
    for (Rows& run : runs) run = RandomRun(random, tags, times);
    ASSERT_EQ(Merge(tags, runs, 1 + random.Next() % 40, 1 + random.Next() % 40), SlowMerge(runs));
  }
}

}  // namespace
}  // namespace tidemill::columnar
