// The metrics registry: counters, gauges and histograms, and their Prometheus text.
//
// Made once by app/serve.cc and handed to every module; a module keeps references to the series it
// updates, so the hot path is one relaxed atomic add. Where existing dashboards know a name, it is
// kept.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"

namespace tidemill::observe {

class Counter {
 public:
  void Add(std::uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

class Gauge {
 public:
  void Set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
  void Add(std::int64_t n) { value_.fetch_add(n, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_ = 0;
};

// Buckets of powers of two of a microsecond (1 us … about 67 s), shown in seconds.
class Histogram {
 public:
  void Observe(std::int64_t nanoseconds);
  static constexpr std::size_t kBuckets = 27;
  std::uint64_t bucket(std::size_t i) const { return buckets_[i].load(std::memory_order_relaxed); }
  std::uint64_t count() const;
  double sum_seconds() const {
    return static_cast<double>(sum_.load(std::memory_order_relaxed)) / 1e9;
  }

 private:
  std::atomic<std::uint64_t> buckets_[kBuckets + 1] = {};
  std::atomic<std::int64_t> sum_ = 0;
};

using Labels = std::vector<std::pair<std::string, std::string>>;

class Metrics {
 public:
  Metrics();
  ~Metrics();
  // The same name and labels give the same series. References live as long as the registry.
  Counter& counter(std::string_view name, std::string_view help, const Labels& labels = {})
      EXCLUDES_LOCK(mutex_);
  Gauge& gauge(std::string_view name, std::string_view help, const Labels& labels = {})
      EXCLUDES_LOCK(mutex_);
  Histogram& histogram(std::string_view name, std::string_view help, const Labels& labels = {})
      EXCLUDES_LOCK(mutex_);
  // A value computed when it is asked for.
  void AddGauge(std::string_view name, std::string_view help, const Labels& labels,
                std::function<double()> value) EXCLUDES_LOCK(mutex_);

  // Text exposition format 0.0.4, ending in "# EOF\n".
  std::string Print() const EXCLUDES_LOCK(mutex_);

 private:
  struct Family;
  Family& FamilyOf(std::string_view name, std::string_view help, std::string_view type)
      REQUIRES_LOCK(mutex_);
  mutable Mutex mutex_;
  std::map<std::string, std::unique_ptr<Family>, std::less<>> families_ GUARDED_BY(mutex_);
};

}  // namespace tidemill::observe
