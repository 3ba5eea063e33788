// When a trigger runs: the text users write, parsed once, for server and command line alike.
//
// Pure: no clock, no I/O.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "model/cron.h"

namespace tidemill::model {

struct OnTable {
  std::string table;
  bool operator==(const OnTable&) const = default;
};
struct OnAllTables {
  bool operator==(const OnAllTables&) const = default;
};
struct Every {
  std::chrono::nanoseconds period;
  bool operator==(const Every&) const = default;
};
struct Cron {
  CronSchedule schedule;
  bool operator==(const Cron&) const = default;
};
struct OnRequest {
  std::string path;
  bool operator==(const OnRequest&) const = default;
};
using TriggerSpec = std::variant<OnTable, OnAllTables, Every, Cron, OnRequest>;

inline constexpr std::chrono::nanoseconds kEveryMin = std::chrono::milliseconds(100);
inline constexpr std::chrono::nanoseconds kEveryMax = std::chrono::seconds(31'557'600);

// Error: kInvalid "trigger spec 'tabel:cpu': expected table:, all_tables, every:, cron: or
// request:; did you mean 'table:cpu'?".
Result<TriggerSpec> ParseTriggerSpec(std::string_view text);
// The canonical text: "table:cpu", "all_tables", "every:5m", "cron:0 0 8 * * *", "request:webhook".
std::string PrintTriggerSpec(const TriggerSpec& spec);
// The JSON text of the column trigger_specification, as existing clients read it:
// {"single_table_wal_write":{"table_name":"cpu"}}, "all_tables_wal_write" with its quotes, …
std::string PrintTriggerSpecJson(const TriggerSpec& spec);
// The plugin function such a trigger calls: "process_writes", "process_scheduled_call",
// "process_request".
std::string_view EntryFunction(const TriggerSpec& spec);
inline bool IsDataWrite(const TriggerSpec& spec) {
  return std::holds_alternative<OnTable>(spec) || std::holds_alternative<OnAllTables>(spec);
}

}  // namespace tidemill::model
