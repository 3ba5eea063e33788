// For the tests of sql/: a user engine over fake tables, and rows as text.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "sql/engine.h"
#include "sql/test_tables.h"
#include "testing/manual_clock.h"

namespace tidemill::sql::test {

inline constexpr std::int64_t kSecond = 1'000'000'000;
// 2026-01-02T03:04:05Z
inline constexpr std::int64_t kStart = 1'767'323'045 * kSecond;

// Three rows in two chunks: tags host and region, a field of every type.
inline StoredTable CpuTable() {
  using model::DataType;
  return TableBuilder("cpu")
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
      .Build();
}

class EngineTest : public ::testing::Test {
 protected:
  EngineTest() {
    auto opened = UserEngine::Open(*store_, clock_, {.threads = 2});
    CHECK(opened.ok()) << opened.error().message;
    engine_ = std::move(opened).value();
  }

  // Runs an hour after kStart.
  Result<std::vector<std::string>> Run(
      std::string text, std::vector<std::pair<std::string, Parameter>> parameters = {}) {
    auto stream = engine_->Start({std::move(text), std::move(parameters)}, resolver_,
                                 Timestamp(kStart + 3600 * kSecond));
    if (!stream.ok()) return std::move(stream).error();
    header_ = Header(**stream);
    columns_ = (*stream)->columns();
    return ReadAll(**stream);
  }

  void ExpectError(const std::string& text, ErrorCode code, const std::string& part) {
    SCOPED_TRACE(text);
    const auto rows = Run(text);
    ASSERT_FALSE(rows.ok());
    EXPECT_EQ(rows.error().code, code) << rows.error().message;
    EXPECT_THAT(rows.error().message, ::testing::HasSubstr(part));
    EXPECT_THAT(rows.error().message, ::testing::Not(::testing::HasSubstr("tidemill_")));
  }

  std::unique_ptr<objectstore::ObjectStore> store_ = objectstore::MakeMemoryStore();
  tidemill::testing::ManualClock clock_;
  std::unique_ptr<UserEngine> engine_;
  FakeResolver resolver_;
  std::string header_;  // of the last Run
  std::vector<columnar::ValueColumn> columns_;
};

// The rows of a statement, as text, in order.
#define EXPECT_ROWS(text, ...)                                       \
  do {                                                               \
    SCOPED_TRACE(text);                                              \
    const auto rows_of_text = Run(text);                             \
    ASSERT_TRUE(rows_of_text.ok()) << rows_of_text.error().message;  \
    EXPECT_THAT(*rows_of_text, ::testing::ElementsAre(__VA_ARGS__)); \
  } while (false)

}  // namespace tidemill::sql::test
