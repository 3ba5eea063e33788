// The scan of buffer chunks against a plain loop over the same rows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>

#include "sql/test_engine.h"

namespace tidemill::sql {
namespace {

using model::DataType;
using test::EngineTest;
using test::Row;
using test::TableBuilder;
using ::testing::ElementsAre;

// Many rows in many chunks: two tags (the second comes later, with a new generation), three fields
// (the last comes later too), values missing here and there, times out of order.
class BufferScanTest : public EngineTest {
 protected:
  BufferScanTest() {
    std::mt19937 random(7);
    TableBuilder table("t");
    table.Tag("host").Column("i", DataType::kInt64).Column("s", DataType::kString);
    for (int chunk = 0; chunk < 6; ++chunk) {
      if (chunk == 3) table.Tag("zone").Column("b", DataType::kBool);
      std::vector<Row> rows;
      for (std::size_t k = 0; k < 5000; ++k) {
        Row row;
        row.time =
            static_cast<std::int64_t>(chunk) * 4000 + static_cast<std::int64_t>(random() % 6000);
        if (random() % 10 != 0) row.tags["host"] = "host number " + std::to_string(random() % 40);
        if (random() % 3 != 0) row.fields["i"] = static_cast<std::int64_t>(random() % 1000);
        if (random() % 4 == 0) row.fields["s"] = "text " + std::to_string(random() % 100'000);
        if (chunk >= 3) {
          row.tags["zone"] = random() % 2 == 0 ? "east" : "west";
          if (random() % 2 == 0) row.fields["b"] = random() % 2 == 0;
        }
        rows.push_back(row);
      }
      table.Chunk(rows);
      rows_.insert(rows_.end(), rows.begin(), rows.end());
    }
    table_ = table.Build();
    resolver_.Add(table_);
  }

  static std::string Tag(const Row& row, const std::string& name) {
    const auto found = row.tags.find(name);
    return found == row.tags.end() ? "NULL" : found->second;
  }
  static std::optional<std::int64_t> Integer(const Row& row) {
    const auto found = row.fields.find("i");
    if (found == row.fields.end()) return std::nullopt;
    return *std::get_if<std::int64_t>(&found->second);
  }

  // count(*), count(i), sum(i), count(s), count(b), count(zone) of the rows that pass.
  std::string Expected(const std::function<bool(const Row&)>& passes) const {
    std::int64_t counts[6] = {};
    for (const Row& row : rows_) {
      if (!passes(row)) continue;
      ++counts[0];
      counts[1] += Integer(row).has_value();
      counts[2] += Integer(row).value_or(0);
      counts[3] += static_cast<std::int64_t>(row.fields.count("s"));
      counts[4] += static_cast<std::int64_t>(row.fields.count("b"));
      counts[5] += static_cast<std::int64_t>(row.tags.count("zone"));
    }
    std::string text;
    for (std::size_t i = 0; i < 6; ++i) {
      const bool is_null = i == 2 && counts[1] == 0;
      text += (i > 0 ? " | " : "") + (is_null ? "NULL" : std::to_string(counts[i]));
    }
    return text;
  }

  void Expect(const std::string& condition, const std::function<bool(const Row&)>& passes) {
    EXPECT_ROWS("SELECT count(*), count(i), sum(i), count(s), count(b), count(zone) FROM t WHERE " +
                    condition,
                Expected(passes));
  }

  StoredTable table_;
  std::vector<Row> rows_;
};

TEST_F(BufferScanTest, GivesOutEveryRowAndEveryValue) {
  Expect("true", [](const Row&) { return true; });
  EXPECT_ROWS("SELECT count(*) FROM t", std::to_string(rows_.size()));
  std::vector<std::string> expected;
  for (const Row& row : rows_) {
    const auto text = row.fields.find("s");
    expected.push_back(
        Tag(row, "host") + " | " +
        (text == row.fields.end() ? "NULL" : *std::get_if<std::string>(&text->second)) + " | " +
        std::to_string(row.time));
  }
  auto rows = Run("SELECT host, s, time::bigint FROM t");
  ASSERT_TRUE(rows.ok()) << rows.error().message;
  std::ranges::sort(expected);
  std::ranges::sort(*rows);
  EXPECT_EQ(*rows, expected);
}

TEST_F(BufferScanTest, FiltersByTime) {
  Expect("time >= 5000 AND time < 9000",
         [](const Row& row) { return row.time >= 5000 && row.time < 9000; });
  Expect("time BETWEEN 100 AND 200 OR time BETWEEN 20000 AND 20100", [](const Row& row) {
    return (row.time >= 100 && row.time <= 200) || (row.time >= 20000 && row.time <= 20100);
  });
  Expect("time IN (4000, 4001, 4002)",
         [](const Row& row) { return row.time >= 4000 && row.time <= 4002; });
  Expect("time != 4000", [](const Row& row) { return row.time != 4000; });
  Expect("NOT (time > 4000)", [](const Row& row) { return row.time <= 4000; });
  Expect("4000 > time AND i < 10",
         [](const Row& row) { return row.time < 4000 && Integer(row).value_or(99) < 10; });
  Expect("time > 100000000", [](const Row&) { return false; });
  Expect("time > 9000 AND time < 1000", [](const Row&) { return false; });
}

TEST_F(BufferScanTest, FiltersByTags) {
  Expect("host = 'host number 7'",
         [](const Row& row) { return Tag(row, "host") == "host number 7"; });
  Expect("'host number 7' = host AND zone = 'east'", [](const Row& row) {
    return Tag(row, "host") == "host number 7" && Tag(row, "zone") == "east";
  });
  Expect("zone IN ('east', 'north')", [](const Row& row) { return Tag(row, "zone") == "east"; });
  Expect("zone = 'nowhere'", [](const Row&) { return false; });
  Expect("zone IS NULL AND host = 'host number 1'", [](const Row& row) {
    return Tag(row, "zone") == "NULL" && Tag(row, "host") == "host number 1";
  });
  Expect("host = 'host number 1' OR zone = 'west'", [](const Row& row) {
    return Tag(row, "host") == "host number 1" || Tag(row, "zone") == "west";
  });
  Expect("host != 'host number 1'", [](const Row& row) {
    return Tag(row, "host") != "NULL" && Tag(row, "host") != "host number 1";
  });
  Expect("host LIKE '%7' AND time < 3000 AND zone IS NULL", [](const Row& row) {
    return Tag(row, "host").ends_with("7") && row.time < 3000 && Tag(row, "zone") == "NULL";
  });
  Expect("host = 'host number 3' AND time >= 12000 AND b", [](const Row& row) {
    const auto found = row.fields.find("b");
    return Tag(row, "host") == "host number 3" && row.time >= 12000 && found != row.fields.end() &&
           *std::get_if<bool>(&found->second);
  });
}

TEST_F(BufferScanTest, FirstRowsByTimeAreTheRightOnes) {
  const auto expect_first = [&](const std::string& where,
                                const std::function<bool(const Row&)>& passes) {
    using Key = std::pair<std::int64_t, std::int64_t>;  // time, then i with NULL last
    std::vector<Key> ascending;
    for (const Row& row : rows_) {
      if (passes(row)) ascending.emplace_back(row.time, Integer(row).value_or(5000));
    }
    std::vector<Key> descending = ascending;
    std::ranges::sort(ascending);
    std::ranges::sort(descending, [](const Key& a, const Key& b) {
      return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    const auto print = [](const std::vector<Key>& keys, std::size_t skip, bool with_i) {
      std::vector<std::string> text;
      for (std::size_t k = skip; k < skip + 50; ++k) {
        const std::string i = keys[k].second == 5000 ? "NULL" : std::to_string(keys[k].second);
        text.push_back(std::to_string(keys[k].first) + (with_i ? " | " + i : ""));
      }
      return text;
    };
    const std::string from = " FROM t WHERE " + where + " ORDER BY ";
    SCOPED_TRACE(from);
    EXPECT_EQ(Run("SELECT time::bigint" + from + "time LIMIT 50").value(),
              print(ascending, 0, false));
    EXPECT_EQ(Run("SELECT time::bigint" + from + "time DESC LIMIT 50 OFFSET 3").value(),
              print(descending, 3, false));
    EXPECT_EQ(Run("SELECT time::bigint, i" + from + "time, i LIMIT 50").value(),
              print(ascending, 0, true));
    EXPECT_EQ(Run("SELECT time::bigint, i" + from + "time DESC, i LIMIT 50").value(),
              print(descending, 0, true));
  };
  expect_first("true", [](const Row&) { return true; });
  expect_first("host = 'host number 5'",
               [](const Row& row) { return Tag(row, "host") == "host number 5"; });
  expect_first("time < 9000", [](const Row& row) { return row.time < 9000; });
  expect_first("i > 500", [](const Row& row) { return Integer(row).value_or(0) > 500; });
}

TEST_F(BufferScanTest, ABoundBelowAJoinOrAWindowIsNotMisused) {
  EXPECT_ROWS(
      "SELECT max(n) FROM (SELECT time, count(*) OVER () AS n FROM t ORDER BY time DESC "
      "LIMIT 5)",
      std::to_string(rows_.size()));
  EXPECT_ROWS(
      "SELECT count(*) FROM (SELECT a.i, b.time FROM (VALUES (-1), (-2)) AS a(i) LEFT JOIN "
      "t b ON a.i = b.i ORDER BY b.time DESC LIMIT 5) WHERE time IS NULL",
      "2");
}

TEST_F(BufferScanTest, RowsBeforeTheCutoffDoNotExist) {
  table_.cutoff = Timestamp(7000);
  resolver_.Add(table_);
  Expect("true", [](const Row& row) { return row.time >= 7000; });
  Expect("host = 'host number 7' AND time < 9000", [](const Row& row) {
    return row.time >= 7000 && row.time < 9000 && Tag(row, "host") == "host number 7";
  });
  const auto count = std::ranges::count_if(rows_, [](const Row& row) { return row.time >= 7000; });
  EXPECT_ROWS("SELECT count(*) FROM t", std::to_string(count));
  EXPECT_ROWS("SELECT min(time)::bigint FROM t", "7000");
}

TEST_F(BufferScanTest, GroupsByTagAcrossGenerations) {
  std::map<std::string, std::int64_t> expected;
  for (const Row& row : rows_) ++expected[Tag(row, "host")];
  auto rows = Run("SELECT host, count(*) FROM t GROUP BY host");
  ASSERT_TRUE(rows.ok()) << rows.error().message;
  ASSERT_EQ(rows->size(), expected.size());
  for (const std::string& row : *rows) {
    const std::string host = row.substr(0, row.find(" | "));
    EXPECT_EQ(row, host + " | " + std::to_string(expected[host]));
  }
}

}  // namespace
}  // namespace tidemill::sql
