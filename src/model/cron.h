// Cron expressions of six or seven fields: parse, and the next instant.
//
// Dialect: sec min hour day-of-month month day-of-week [year], always UTC, 1 = Sunday … 7 =
// Saturday, both day fields must match, `? * , - /`, month and day names, @hourly … @yearly.
#pragma once

#include <bitset>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/timestamp.h"

namespace tidemill::model {

class CronSchedule {
 public:
  static Result<CronSchedule> Parse(std::string_view text);
  const std::string& text() const { return text_; }
  // The first matching second strictly after `after`; nullopt: none until the year 2100.
  std::optional<Timestamp> Next(Timestamp after) const;
  // The day-of-week field used numbers, whose meaning surprises users of Unix cron: worth a
  // warning.
  bool has_numeric_weekday() const { return numeric_weekday_; }
  bool operator==(const CronSchedule& other) const { return text_ == other.text_; }

 private:
  bool MatchesDay(std::chrono::sys_days day) const;
  // The first matching time of a day, not before `from`.
  std::optional<std::chrono::seconds> NextTimeOfDay(std::chrono::seconds from) const;

  std::string text_;
  std::bitset<60> seconds_;
  std::bitset<60> minutes_;
  std::bitset<24> hours_;
  std::bitset<32> days_;
  std::bitset<13> months_;
  std::bitset<8> weekdays_;
  std::bitset<131> years_;  // 1970 …
  bool numeric_weekday_ = false;
};

}  // namespace tidemill::model
