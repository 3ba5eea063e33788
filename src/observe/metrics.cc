#include "observe/metrics.h"

#include <fmt/format.h>

#include <bit>
#include <cmath>
#include <iterator>
#include <variant>

#include "base/check.h"
#include "base/overload.h"

namespace tidemill::observe {
namespace {

using Out = std::back_insert_iterator<std::string>;
using Computed = std::function<double()>;
// What one series shows: pointers stay valid as long as the registry.
using Source = std::variant<const Counter*, const Gauge*, const Histogram*, Computed>;

std::string Escape(std::string_view text, bool escapes_quotes) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && escapes_quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
  return out;
}

// `db="x",method="GET"`: the text that tells the series of one family apart.
std::string PrintLabels(const Labels& labels) {
  std::string out;
  for (const auto& [name, value] : labels) {
    fmt::format_to(Out(out), "{}{}=\"{}\"", out.empty() ? "" : ",", name, Escape(value, true));
  }
  return out;
}

std::string InBraces(const std::string& labels) { return labels.empty() ? "" : "{" + labels + "}"; }

std::string PrintNumber(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

void PrintHistogram(const std::string& name, const std::string& labels, const Histogram& histogram,
                    std::string& out) {
  const std::string before_le = labels.empty() ? "" : labels + ",";
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i <= Histogram::kBuckets; ++i) {
    cumulative += histogram.bucket(i);
    const std::string bound =
        i == Histogram::kBuckets ? "+Inf" : PrintNumber(std::ldexp(1e-6, static_cast<int>(i)));
    fmt::format_to(Out(out), "{}_bucket{{{}le=\"{}\"}} {}\n", name, before_le, bound, cumulative);
  }
  fmt::format_to(Out(out), "{}_sum{} {}\n", name, InBraces(labels),
                 PrintNumber(histogram.sum_seconds()));
  // The last cumulative count, not a second look: the three lines must agree.
  fmt::format_to(Out(out), "{}_count{} {}\n", name, InBraces(labels), cumulative);
}

void PrintSeries(const std::string& name, const std::string& labels, const Source& source,
                 std::string& out) {
  const auto line = [&](const std::string& value) {
    fmt::format_to(Out(out), "{}{} {}\n", name, InBraces(labels), value);
  };
  std::visit(Overload{
                 [&](const Counter* counter) { line(fmt::format("{}", counter->value())); },
                 [&](const Gauge* gauge) { line(fmt::format("{}", gauge->value())); },
                 [&](const Histogram* histogram) { PrintHistogram(name, labels, *histogram, out); },
                 [&](const Computed& value) { line(PrintNumber(value())); },
             },
             source);
}

}  // namespace

struct Metrics::Family {
  std::string help;
  std::string type;
  // By label text. A series is made once and never moves.
  std::map<std::string, std::unique_ptr<Counter>> counters;
  std::map<std::string, std::unique_ptr<Gauge>> gauges;
  std::map<std::string, std::unique_ptr<Histogram>> histograms;
  std::map<std::string, Computed> computed;

  std::vector<std::pair<std::string, Source>> Sources() const {
    std::vector<std::pair<std::string, Source>> out;
    for (const auto& [labels, counter] : counters) out.emplace_back(labels, counter.get());
    for (const auto& [labels, gauge] : gauges) out.emplace_back(labels, gauge.get());
    for (const auto& [labels, histogram] : histograms) out.emplace_back(labels, histogram.get());
    for (const auto& [labels, value] : computed) out.emplace_back(labels, value);
    return out;
  }
};

void Histogram::Observe(std::int64_t nanoseconds) {
  const std::int64_t measured = nanoseconds < 0 ? 0 : nanoseconds;
  // The smallest i with measured <= 2^i microseconds.
  const auto whole_us =
      static_cast<std::uint64_t>(measured / 1000 + (measured % 1000 == 0 ? 0 : 1));
  const std::size_t i = whole_us <= 1 ? 0 : static_cast<std::size_t>(std::bit_width(whole_us - 1));
  buckets_[i < kBuckets ? i : kBuckets].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(measured, std::memory_order_relaxed);
}

std::uint64_t Histogram::count() const {
  std::uint64_t total = 0;
  for (const auto& bucket : buckets_) total += bucket.load(std::memory_order_relaxed);
  return total;
}

Metrics::Metrics() = default;
Metrics::~Metrics() = default;

Metrics::Family& Metrics::FamilyOf(std::string_view name, std::string_view help,
                                   std::string_view type) {
  auto found = families_.find(name);
  if (found == families_.end()) {
    found = families_.emplace(std::string(name), std::make_unique<Family>()).first;
    found->second->help = std::string(help);
    found->second->type = std::string(type);
  }
  CHECK(found->second->type == type)
      << "metric " << name << " is a " << found->second->type << ", asked for as a " << type;
  return *found->second;
}

Counter& Metrics::counter(std::string_view name, std::string_view help, const Labels& labels) {
  MutexLock lock(mutex_);
  auto& counter = FamilyOf(name, help, "counter").counters[PrintLabels(labels)];
  if (!counter) counter = std::make_unique<Counter>();
  return *counter;
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help, const Labels& labels) {
  MutexLock lock(mutex_);
  auto& gauge = FamilyOf(name, help, "gauge").gauges[PrintLabels(labels)];
  if (!gauge) gauge = std::make_unique<Gauge>();
  return *gauge;
}

Histogram& Metrics::histogram(std::string_view name, std::string_view help, const Labels& labels) {
  MutexLock lock(mutex_);
  auto& histogram = FamilyOf(name, help, "histogram").histograms[PrintLabels(labels)];
  if (!histogram) histogram = std::make_unique<Histogram>();
  return *histogram;
}

void Metrics::AddGauge(std::string_view name, std::string_view help, const Labels& labels,
                       std::function<double()> value) {
  MutexLock lock(mutex_);
  FamilyOf(name, help, "gauge").computed[PrintLabels(labels)] = std::move(value);
}

std::string Metrics::Print() const {
  struct Page {
    std::string name;
    std::string help;
    std::string type;
    std::vector<std::pair<std::string, Source>> series;
  };
  // Computed values are asked for without the lock: they may take locks of their own modules.
  std::vector<Page> pages;
  {
    MutexLock lock(mutex_);
    for (const auto& [name, family] : families_) {
      pages.push_back({name, family->help, family->type, family->Sources()});
    }
  }
  std::string out;
  for (const Page& page : pages) {
    fmt::format_to(Out(out), "# HELP {} {}\n# TYPE {} {}\n", page.name, Escape(page.help, false),
                   page.name, page.type);
    for (const auto& [labels, source] : page.series) PrintSeries(page.name, labels, source, out);
  }
  return out + "# EOF\n";
}

}  // namespace tidemill::observe
