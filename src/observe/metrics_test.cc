#include "observe/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <thread>

namespace tidemill::observe {
namespace {

using testing::HasSubstr;

TEST(Metrics, PrintsFamiliesInOrderWithHelpTypeAndEnd) {
  Metrics metrics;
  metrics.counter("writes", "Lines written.").Add(3);
  metrics.gauge("open_files", "Open\nfiles \\ now.").Set(-2);
  metrics.counter("requests", "Requests.", {{"path", "/write"}, {"status", "204"}}).Add();
  metrics.counter("requests", "Requests.", {{"path", "a\"b\\\n"}}).Add(7);
  EXPECT_EQ(metrics.Print(),
            "# HELP open_files Open\\nfiles \\\\ now.\n"
            "# TYPE open_files gauge\n"
            "open_files -2\n"
            "# HELP requests Requests.\n"
            "# TYPE requests counter\n"
            "requests{path=\"/write\",status=\"204\"} 1\n"
            "requests{path=\"a\\\"b\\\\\\n\"} 7\n"
            "# HELP writes Lines written.\n"
            "# TYPE writes counter\n"
            "writes 3\n"
            "# EOF\n");
}

TEST(Metrics, AnEmptyRegistryIsStillWellFormed) { EXPECT_EQ(Metrics().Print(), "# EOF\n"); }

TEST(Metrics, TheSameNameAndLabelsGiveTheSameSeries) {
  Metrics metrics;
  Counter& first = metrics.counter("c", "help", {{"db", "a"}});
  Counter& other = metrics.counter("c", "help", {{"db", "b"}});
  EXPECT_EQ(&first, &metrics.counter("c", "help", {{"db", "a"}}));
  EXPECT_NE(&first, &other);
}

TEST(Metrics, ComputesGaugesWhenAsked) {
  Metrics metrics;
  double value = 1.5;
  metrics.AddGauge("memory", "Bytes.", {{"pool", "x"}}, [&] { return value; });
  EXPECT_THAT(metrics.Print(), HasSubstr("memory{pool=\"x\"} 1.5\n"));
  value = std::numeric_limits<double>::infinity();
  EXPECT_THAT(metrics.Print(), HasSubstr("memory{pool=\"x\"} +Inf\n"));
}

TEST(Metrics, AComputedGaugeMayUseTheRegistryItself) {
  Metrics metrics;
  metrics.AddGauge("twice", "help", {}, [&] {
    return 2.0 * static_cast<double>(metrics.counter("base", "help").value());
  });
  metrics.counter("base", "help").Add(21);
  EXPECT_THAT(metrics.Print(), HasSubstr("twice 42\n"));
}

TEST(Histogram, CountsIntoPowersOfTwoOfAMicrosecond) {
  struct Row {
    std::int64_t nanos;
    std::size_t bucket;
  };
  const Row rows[] = {{-5, 0},
                      {0, 0},
                      {1, 0},
                      {1'000, 0},
                      {1'001, 1},
                      {2'000, 1},
                      {2'001, 2},
                      {4'000, 2},
                      {1'000'000, 10},
                      {67'108'864'000, 26},
                      {67'108'864'001, Histogram::kBuckets},
                      {std::numeric_limits<std::int64_t>::max(), Histogram::kBuckets}};
  for (const Row& row : rows) {
    Histogram histogram;
    histogram.Observe(row.nanos);
    EXPECT_EQ(histogram.bucket(row.bucket), 1u) << row.nanos;
    EXPECT_EQ(histogram.count(), 1u);
  }
}

TEST(Histogram, PrintsCumulativeBucketsInSeconds) {
  Metrics metrics;
  Histogram& histogram = metrics.histogram("took", "Time.", {{"op", "put"}});
  histogram.Observe(500);
  histogram.Observe(1'500'000'000);
  histogram.Observe(100'000'000'000);
  const std::string text = metrics.Print();
  EXPECT_THAT(text, HasSubstr("# TYPE took histogram\n"));
  EXPECT_THAT(text, HasSubstr("took_bucket{op=\"put\",le=\"1e-06\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("took_bucket{op=\"put\",le=\"1.048576\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("took_bucket{op=\"put\",le=\"2.097152\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("took_bucket{op=\"put\",le=\"67.108864\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("took_bucket{op=\"put\",le=\"+Inf\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("took_sum{op=\"put\"} 101.5000005\n"));
  EXPECT_THAT(text, HasSubstr("took_count{op=\"put\"} 3\n"));
}

TEST(Metrics, CountsFromManyThreadsWhileOthersPrint) {
  Metrics metrics;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&] {
        Counter& counter = metrics.counter("n", "help");
        for (int i = 0; i < 1000; ++i) counter.Add();
      });
    }
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) EXPECT_THAT(metrics.Print(), HasSubstr("# EOF\n"));
    });
  }
  EXPECT_EQ(metrics.counter("n", "help").value(), 4000u);
}

TEST(MetricsDeathTest, ANameHasOneType) {
  Metrics metrics;
  metrics.counter("x", "help");
  EXPECT_DEATH(metrics.gauge("x", "help"), "metric x is a counter, asked for as a gauge");
}

}  // namespace
}  // namespace tidemill::observe
