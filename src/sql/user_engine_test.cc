#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sql/engine.h"
#include "sql/test_tables.h"
#include "testing/manual_clock.h"

namespace tidemill::sql {
namespace {

using model::DataType;
using test::FakeResolver;
using test::Row;
using test::TableBuilder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::int64_t kSecond = 1'000'000'000;
// 2026-01-02T03:04:05Z
constexpr std::int64_t kStart = 1'767'323'045 * kSecond;

class UserEngineTest : public ::testing::Test {
 protected:
  UserEngineTest() {
    auto opened = UserEngine::Open(*store_, clock_, {.threads = 2});
    CHECK(opened.ok()) << opened.error().message;
    engine_ = std::move(opened).value();
    resolver_.Add(
        TableBuilder("cpu")
            .Tag("host")
            .Tag("region")
            .Column("usage", DataType::kFloat64)
            .Column("cores", DataType::kInt64)
            .Column("note", DataType::kString)
            .Column("up", DataType::kBool)
            .Column("bytes", DataType::kUInt64)
            .Chunk({{kStart,
                     {{"host", "a"}, {"region", "eu"}},
                     {{"usage", 1.5}, {"cores", std::int64_t{4}}, {"up", true}}},
                    {kStart + kSecond,
                     {{"host", "b"}},
                     {{"usage", 2.5}, {"cores", std::int64_t{8}}, {"note", "a rather long note"}}}})
            .Chunk({{kStart + 60 * kSecond + 7,
                     {{"host", "a"}, {"region", "us"}},
                     {{"usage", 4.0}, {"bytes", std::uint64_t{18'000'000'000'000'000'000U}}}}})
            .Build());
  }

  Result<std::vector<std::string>> Run(
      std::string text, std::vector<std::pair<std::string, Parameter>> parameters = {}) {
    auto stream = engine_->Start({std::move(text), std::move(parameters)}, resolver_,
                                 Timestamp(kStart + 3600 * kSecond));
    if (!stream.ok()) return std::move(stream).error();
    header_ = test::Header(**stream);
    columns_ = (*stream)->columns();
    return test::ReadAll(**stream);
  }

  std::unique_ptr<objectstore::ObjectStore> store_ = objectstore::MakeMemoryStore();
  tidemill::testing::ManualClock clock_;
  std::unique_ptr<UserEngine> engine_;
  FakeResolver resolver_;
  std::string header_;
  std::vector<columnar::ValueColumn> columns_;
};

#define EXPECT_ROWS(text, ...)                      \
  do {                                              \
    SCOPED_TRACE(text);                             \
    const auto rows = Run(text);                    \
    ASSERT_TRUE(rows.ok()) << rows.error().message; \
    EXPECT_THAT(*rows, ElementsAre(__VA_ARGS__));   \
  } while (false)

TEST_F(UserEngineTest, StarShowsColumnsInAlphabeticalOrder) {
  EXPECT_ROWS("SELECT * FROM cpu ORDER BY time",
              "NULL | 4 | a | NULL | eu | 2026-01-02T03:04:05 | true | 1.5",
              "NULL | 8 | b | a rather long note | NULL | 2026-01-02T03:04:06 | NULL | 2.5",
              "18000000000000000000u | NULL | a | NULL | us | 2026-01-02T03:05:05.000000007 | NULL "
              "| 4.0");
  EXPECT_EQ(header_, "bytes | cores | host | note | region | time | up | usage");
}

TEST_F(UserEngineTest, TagsAreMarkedInTheResult) {
  ASSERT_TRUE(Run("SELECT host, count(*) AS n, note FROM (SELECT host, note FROM cpu) "
                  "GROUP BY host, note")
                  .ok());
  EXPECT_TRUE(columns_[0].type.is_tag);
  EXPECT_FALSE(columns_[1].type.is_tag);
  EXPECT_FALSE(columns_[2].type.is_tag);
}

}  // namespace
}  // namespace tidemill::sql
