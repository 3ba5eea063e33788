// What a run costs. Prints figures and asserts nothing, so it runs only when asked for:
//   plugin_host_test --gtest_also_run_disabled_tests --gtest_filter='*Speed*'
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstdio>

#include "plugin_host/host_test_bench.h"

namespace tidemill::plugin_host {
namespace {

constexpr std::size_t kTags = 10;
constexpr std::size_t kFields = 10;

// `rows` rows of 10 tags, 10 fields and the time, from `series` series.
engine::WriteCall WideRows(std::uint32_t rows, std::uint32_t series) {
  auto block = std::make_shared<columnar::RowBlock>();
  engine::NamedBlock named;
  engine::TableBatch table;
  table.table_name = "cpu";
  for (std::size_t t = 0; t < kTags; ++t) {
    columnar::TagColumn tag;
    for (std::uint32_t s = 0; s < series; ++s) tag.values.Append("host_" + std::to_string(s));
    block->tags.push_back(std::move(tag));
    named.tag_names.push_back("tag_" + std::to_string(t));
  }
  block->series_count = series;
  for (std::uint32_t s = 0; s < series; ++s)
    for (std::size_t t = 0; t < kTags; ++t) block->series_codes.push_back(s + 1);
  for (std::uint32_t r = 0; r < rows; ++r) {
    block->row_series.push_back(r % series);
    block->times.push_back(1'700'000'000'000'000'000 + r);
  }
  for (std::size_t f = 0; f < kFields; ++f) {
    columnar::FieldColumn field;
    for (std::uint32_t r = 0; r < rows; ++r)
      field.words.push_back(std::bit_cast<std::uint64_t>(0.25 * r));
    block->fields.push_back(std::move(field));
    named.field_names.push_back("usage_" + std::to_string(f));
  }
  table.schema_columns = named.tag_names;
  table.schema_columns.insert(table.schema_columns.end(), named.field_names.begin(),
                              named.field_names.end());
  named.rows = std::move(block);
  table.blocks.push_back(std::move(named));
  return {{std::move(table)}};
}

class HostSpeed : public HostTestBench {
 protected:
  std::vector<double> Microseconds(int runs, const std::string& plugin, const engine::Call& call) {
    std::vector<double> out;
    for (int i = 0; i < runs; ++i) {
      const auto began = std::chrono::steady_clock::now();
      const engine::RunResult result = Run(plugin, call);
      out.push_back(
          std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - began)
              .count());
      EXPECT_EQ(result.outcome, engine::RunOutcome::kOk) << result.error << result.traceback;
    }
    std::sort(out.begin(), out.end());
    return out;
  }
};

TEST_F(HostSpeed, DISABLED_TrivialCall) {
  dir_.Write("none.py", "def process_writes(influxdb3_local, table_batches, args): pass\n");
  Run("none.py");
  const auto times = Microseconds(2000, "none.py", OneRow());
  std::printf("trivial call: p50 %.0f us, p99 %.0f us\n", times[times.size() / 2],
              times[times.size() * 99 / 100]);
}

TEST_F(HostSpeed, DISABLED_WideRows) {
  dir_.Write("none.py", "def process_writes(influxdb3_local, table_batches, args): pass\n");
  Run("none.py");
  constexpr std::uint32_t kRows = 20'000;
  for (const std::uint32_t series : {10u, 1'000u, kRows}) {
    const engine::Call call = WideRows(kRows, series);
    const double best = Microseconds(20, "none.py", call).front();
    std::printf("%u rows of 21 keys, %u series: %.0f us, %.0f krows/s\n", kRows, series, best,
                kRows / best * 1000);
  }
}

}  // namespace
}  // namespace tidemill::plugin_host
