#include "model/cron.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "base/strings.h"

namespace tidemill::model {
namespace {

constexpr int kYearMin = 1970;
constexpr int kYearMax = 2100;

struct Name {
  std::string_view text;  // lower case
  int value;
};
constexpr Name kMonthNames[] = {{"jan", 1},       {"january", 1}, {"feb", 2},      {"february", 2},
                                {"mar", 3},       {"march", 3},   {"apr", 4},      {"april", 4},
                                {"may", 5},       {"jun", 6},     {"june", 6},     {"jul", 7},
                                {"july", 7},      {"aug", 8},     {"august", 8},   {"sep", 9},
                                {"september", 9}, {"oct", 10},    {"october", 10}, {"nov", 11},
                                {"november", 11}, {"dec", 12},    {"december", 12}};
constexpr Name kWeekdayNames[] = {{"sun", 1},       {"sunday", 1}, {"mon", 2},     {"monday", 2},
                                  {"tue", 3},       {"tues", 3},   {"tuesday", 3}, {"wed", 4},
                                  {"wednesday", 4}, {"thu", 5},    {"thurs", 5},   {"thursday", 5},
                                  {"fri", 6},       {"friday", 6}, {"sat", 7},     {"saturday", 7}};

struct Field {
  std::string_view what;
  int min;
  int max;
  bool allows_question_mark;
  std::span<const Name> names;
};
constexpr Field kFields[] = {
    {"second", 0, 59, false, {}},
    {"minute", 0, 59, false, {}},
    {"hour", 0, 23, false, {}},
    {"day of month", 1, 31, true, {}},
    {"month", 1, 12, false, kMonthNames},
    {"day of week", 1, 7, true, kWeekdayNames},
    {"year", kYearMin, kYearMax, false, {}},
};

constexpr std::pair<std::string_view, std::string_view> kShortcuts[] = {
    {"@yearly", "0 0 0 1 1 * *"}, {"@monthly", "0 0 0 1 * * *"}, {"@weekly", "0 0 0 * * SUN *"},
    {"@daily", "0 0 0 * * * *"},  {"@hourly", "0 0 * * * * *"},
};

// Values of one field, by (value - 0), years by (value - 1970).
struct FieldValues {
  std::bitset<kYearMax - kYearMin + 1> set;
  bool has_number = false;
  void Add(const Field& field, int from, int to, int step) {
    const int base = field.min == kYearMin ? kYearMin : 0;
    for (int value = from; value <= to; value += step) {
      set.set(static_cast<std::size_t>(value - base));
    }
  }
};

struct Value {
  int number;
  bool is_name;
};

std::optional<int> ParseNumber(std::string_view text) {
  if (text.empty() || text.size() > 4) return std::nullopt;
  int number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  return number;
}

Result<Value> ParseValue(const Field& field, std::string_view text) {
  if (const auto number = ParseNumber(text)) {
    if (*number < field.min || *number > field.max) {
      return InvalidError(fmt::format("{} {} is outside {}-{}{}", field.what, text, field.min,
                                      field.max,
                                      field.what == "day of week" ? " (1 = Sunday)" : ""));
    }
    return Value{*number, false};
  }
  const std::string lower = ToLowerAscii(text);
  for (const Name& name : field.names) {
    if (name.text == lower) return Value{name.value, true};
  }
  return InvalidError(fmt::format("{} '{}': expected {}-{}{}", field.what, text, field.min,
                                  field.max, field.names.empty() ? "" : " or a name"));
}

Result<int> ParseStep(const Field& field, std::string_view text) {
  const auto step = ParseNumber(text);
  if (!step || *step < 1 || *step > field.max) {
    return InvalidError(fmt::format("{}: step '{}' is outside 1-{}", field.what, text, field.max));
  }
  return *step;
}

// One item of a list: *, ?, value, value-value, each but a lone name with an optional /step.
Status ParseItem(const Field& field, std::string_view item, FieldValues& into) {
  const std::size_t slash = item.find('/');
  const bool has_step = slash != std::string_view::npos;
  const std::string_view range = item.substr(0, slash);
  int step = 1;
  if (has_step) {
    TRY_ASSIGN(step, ParseStep(field, item.substr(slash + 1)));
  }
  if (range == "*" || (range == "?" && field.allows_question_mark)) {
    into.Add(field, field.min, field.max, step);
    return Ok();
  }
  const std::size_t dash = range.find('-');
  if (dash == std::string_view::npos) {
    TRY_ASSIGN(const Value value, ParseValue(field, range));
    if (has_step && value.is_name) {
      return InvalidError(
          fmt::format("{} '{}': a step needs a range or a number before it", field.what, item));
    }
    into.has_number |= !value.is_name;
    into.Add(field, value.number, has_step ? field.max : value.number, step);
    return Ok();
  }
  TRY_ASSIGN(const Value from, ParseValue(field, range.substr(0, dash)));
  TRY_ASSIGN(const Value to, ParseValue(field, range.substr(dash + 1)));
  if (from.is_name != to.is_name) {
    return InvalidError(
        fmt::format("{} '{}': a range is either of names or of numbers", field.what, item));
  }
  if (to.number < from.number) {
    return InvalidError(
        fmt::format("{} '{}': a range must ascend, write it as two items", field.what, item));
  }
  into.has_number |= !from.is_name;
  into.Add(field, from.number, to.number, step);
  return Ok();
}

Result<FieldValues> ParseField(const Field& field, std::string_view text) {
  FieldValues values;
  for (const std::string_view item : Split(text, ',')) TRY(ParseItem(field, item, values));
  return values;
}

std::vector<std::string_view> SplitBlanks(std::string_view text) {
  std::vector<std::string_view> words;
  std::size_t at = 0;
  while ((at = text.find_first_not_of(" \t", at)) != std::string_view::npos) {
    const std::size_t end = std::min(text.find_first_of(" \t", at), text.size());
    words.push_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

Result<std::vector<FieldValues>> ParseFields(std::string_view text) {
  for (const auto& [name, fields] : kShortcuts) {
    if (text == name) text = fields;
  }
  if (text.starts_with('@')) {
    return InvalidError("expected @yearly, @monthly, @weekly, @daily or @hourly");
  }
  std::vector<std::string_view> words = SplitBlanks(text);
  if (words.size() == 6) words.push_back("*");
  if (words.size() != std::size(kFields)) {
    return InvalidError(fmt::format(
        "{} fields, expected 6 or 7: second minute hour day-of-month month day-of-week [year]{}",
        words.size(), words.size() == 5 ? "; put the second first, as in '0 ...'" : ""));
  }
  std::vector<FieldValues> fields;
  for (std::size_t i = 0; i < words.size(); ++i) {
    TRY_ASSIGN(FieldValues values, ParseField(kFields[i], words[i]));
    fields.push_back(values);
  }
  return fields;
}

template <std::size_t N>
void Copy(const FieldValues& from, std::bitset<N>& to) {
  for (std::size_t i = 0; i < N; ++i) to[i] = from.set[i];
}

template <std::size_t N>
std::optional<int> FirstAtOrAfter(const std::bitset<N>& set, int from) {
  for (auto i = static_cast<std::size_t>(from); i < N; ++i) {
    if (set[i]) return static_cast<int>(i);
  }
  return std::nullopt;
}

}  // namespace

Result<CronSchedule> CronSchedule::Parse(std::string_view text) {
  const std::string_view trimmed = Trim(text);
  auto fields = ParseFields(trimmed);
  if (!fields.ok()) {
    return std::move(fields).error().Within(fmt::format("cron expression '{}'", trimmed));
  }
  CronSchedule schedule;
  schedule.text_ = std::string(trimmed);
  Copy((*fields)[0], schedule.seconds_);
  Copy((*fields)[1], schedule.minutes_);
  Copy((*fields)[2], schedule.hours_);
  Copy((*fields)[3], schedule.days_);
  Copy((*fields)[4], schedule.months_);
  Copy((*fields)[5], schedule.weekdays_);
  Copy((*fields)[6], schedule.years_);
  schedule.numeric_weekday_ = (*fields)[5].has_number;
  return schedule;
}

std::optional<Timestamp> CronSchedule::Next(Timestamp after) const {
  using std::chrono::days;
  using std::chrono::seconds;
  using std::chrono::sys_days;
  const auto epoch_nanos = nanoseconds(after.nanos());
  const seconds first = std::max(seconds(0), std::chrono::floor<seconds>(epoch_nanos) + seconds(1));
  sys_days day{std::chrono::floor<days>(first)};
  seconds time_of_day = first - day.time_since_epoch();

  for (;;) {
    const std::chrono::year_month_day date(day);
    const int year = static_cast<int>(date.year());
    if (year > kYearMax) return std::nullopt;
    sys_days next_day = day + days(1);
    if (!years_[static_cast<std::size_t>(year - kYearMin)]) {
      next_day = sys_days{(date.year() + std::chrono::years(1)) / std::chrono::January / 1};
    } else if (!months_[static_cast<unsigned>(date.month())]) {
      next_day = sys_days{(date.year() / date.month() / 1) + std::chrono::months(1)};
    } else if (MatchesDay(day)) {
      if (const auto found = NextTimeOfDay(time_of_day)) {
        return Timestamp(nanoseconds(day.time_since_epoch() + *found).count());
      }
    }
    day = next_day;
    time_of_day = seconds(0);
  }
}

bool CronSchedule::MatchesDay(std::chrono::sys_days day) const {
  const std::chrono::year_month_day date(day);
  // c_encoding: 0 = Sunday; the dialect counts Sunday as 1.
  return days_[static_cast<unsigned>(date.day())] &&
         weekdays_[std::chrono::weekday(day).c_encoding() + 1];
}

std::optional<std::chrono::seconds> CronSchedule::NextTimeOfDay(std::chrono::seconds from) const {
  const auto total = static_cast<int>(from.count());
  int hour_from = total / 3600;
  int minute_from = total / 60 % 60;
  int second_from = total % 60;
  while (const auto hour = FirstAtOrAfter(hours_, hour_from)) {
    if (*hour != hour_from) minute_from = second_from = 0;
    while (const auto minute = FirstAtOrAfter(minutes_, minute_from)) {
      if (*minute != minute_from) second_from = 0;
      if (const auto second = FirstAtOrAfter(seconds_, second_from)) {
        return std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
               std::chrono::seconds(*second);
      }
      minute_from = *minute + 1;
      second_from = 0;
    }
    hour_from = *hour + 1;
    minute_from = second_from = 0;
  }
  return std::nullopt;
}

}  // namespace tidemill::model
