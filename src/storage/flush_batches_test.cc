#include "storage/flush_batches.h"

#include <gtest/gtest.h>

#include <tuple>

#include "storage/storage_fakes.h"
#include "storage/table_buffer.h"

namespace tidemill::storage {
namespace {

using model::DataType;

// Tags in creation order are z, a: the sort key is (z, a, time).
class FlushBatchesTest : public ::testing::Test {
 protected:
  // The points, in the order of the file.
  std::vector<std::string> Sorted() const {
    auto rows = rows_;
    // NULL is an absent key here, and an absent key sorts first.
    const auto key = [](const TestRow& row) {
      const auto tag = [&](const char* name) {
        const auto found = row.tags.find(name);
        return found == row.tags.end() ? std::pair(0, std::string()) : std::pair(1, found->second);
      };
      return std::tuple(tag("z"), tag("a"), row.time);
    };
    std::stable_sort(rows.begin(), rows.end(),
                     [&](const TestRow& a, const TestRow& b) { return key(a) < key(b); });
    std::vector<std::string> out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (i + 1 < rows.size() && key(rows[i]) == key(rows[i + 1])) {
        for (const auto& field : rows[i].fields) rows[i + 1].fields.insert(field);
      } else {
        out.push_back(RowText(rows[i], *table_));
      }
    }
    return out;
  }
  void Write(const std::vector<TestRow>& rows) {
    buffer_.Append(++sequence_, MakeBlock(*table_, rows), TableLayout(table_));
    rows_.insert(rows_.end(), rows.begin(), rows.end());
  }
  std::vector<std::string> Batches(std::vector<std::size_t>* sizes = nullptr) {
    FlushBatches batches(buffer_.Slices(), table_->schema);
    std::vector<std::string> out;
    while (true) {
      const auto batch = batches.Next();
      if (!batch.ok() || !batch->has_value()) return out;
      if (sizes != nullptr) sizes->push_back((*batch)->rows);
      for (std::string& row : ReadBatch(**batch, batches.columns())) out.push_back(std::move(row));
    }
  }

  TestCatalog catalog_;
  std::shared_ptr<const catalog::Table> table_ =
      catalog_.Extend("d", "t",
                      {TestCatalog::Tag("z"), TestCatalog::Field("n", DataType::kInt64),
                       TestCatalog::Field("s", DataType::kString)});
  std::atomic<std::uint64_t> epochs_ = 0;
  TableBuffer buffer_{std::make_shared<MemoryMeter>(), epochs_};
  Sequence sequence_ = 0;
  std::vector<TestRow> rows_;
};

TEST_F(FlushBatchesTest, SortsByTagsInCreationOrderThenTimeAndMergesInOrderOfArrival) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    testing::SeededRandom random(seed);
    for (int write = 0; write < 8; ++write) {
      if (write == 3) {  // the same series before and after a new tag are one
        table_ = catalog_.Extend("d", "t", {TestCatalog::Tag("a")});
      }
      std::vector<TestRow> rows(200);
      for (std::size_t i = 0; i < rows.size(); ++i) {
        rows[i].time = static_cast<std::int64_t>(random.Next() % 20) - 10;
        const std::string byte(1, static_cast<char>('a' + random.Next() % 3 * 100));
        if (random.Next() % 3 != 0) rows[i].tags["z"] = byte;
        if (write >= 3 && random.Next() % 2 != 0) rows[i].tags["a"] = byte + "x";
        if (random.Next() % 2 != 0) rows[i].fields["n"] = static_cast<std::int64_t>(i);
        if (random.Next() % 2 != 0) rows[i].fields["s"] = fmt::format("{}/{}", write, i);
      }
      Write(rows);
    }
    EXPECT_EQ(Batches(), Sorted());
  }
}

TEST_F(FlushBatchesTest, ColumnsAreAlphabeticalWithTheirIdsAndLeaveOutWhatNoChunkHas) {
  Write({{1, {{"z", "x"}}, {{"n", std::int64_t{1}}}}});
  table_ = catalog_.Extend("d", "t",
                           {TestCatalog::Field("later", DataType::kBool), TestCatalog::Tag("a")});
  const FlushBatches batches(buffer_.Slices(), table_->schema);
  std::string columns;
  for (const auto& column : batches.columns()) {
    columns += fmt::format("{}:{}{} ", column.column.name, column.field_id,
                           column.column.type.is_tag ? " tag" : "");
  }
  EXPECT_EQ(columns, "a:6 tag n:3 s:4 time:1 z:2 tag ");
}

TEST_F(FlushBatchesTest, ABatchIsBoundedInRowsAndInBytesOfText) {
  std::vector<TestRow> rows(70'000);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i].time = static_cast<std::int64_t>(i);
  Write(rows);
  std::vector<std::size_t> sizes;
  EXPECT_EQ(Batches(&sizes), Sorted());
  EXPECT_EQ(sizes, (std::vector<std::size_t>{32'768, 32'768, 4'464}));

  for (int i = 0; i < 5; ++i) Write({{100'000 + i, {}, {{"s", std::string(12 << 20, 'x')}}}});
  sizes.clear();
  EXPECT_EQ(Batches(&sizes).size(), 70'005U);
  EXPECT_EQ(sizes.back(), 1U);
  EXPECT_EQ(sizes[sizes.size() - 2], 2U);
}

TEST_F(FlushBatchesTest, NothingGivesNoBatch) {
  FlushBatches batches({}, table_->schema);
  EXPECT_FALSE(batches.Next()->has_value());
}

}  // namespace
}  // namespace tidemill::storage
