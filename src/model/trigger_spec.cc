#include "model/trigger_spec.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "base/duration.h"
#include "base/overload.h"
#include "base/status_macros.h"
#include "base/strings.h"

namespace tidemill::model {
namespace {

constexpr std::string_view kExpected = "expected table:, all_tables, every:, cron: or request:";

Result<TriggerSpec> ParseOnTable(std::string_view name) {
  if (name.empty()) return InvalidError("table name is empty");
  return TriggerSpec(OnTable{std::string(name)});
}

Result<TriggerSpec> ParseEvery(std::string_view text) {
  TRY_ASSIGN(const std::chrono::nanoseconds period, ParseDuration(text));
  if (period < kEveryMin) {
    return InvalidError(fmt::format("interval must be at least {}", PrintDuration(kEveryMin)));
  }
  if (period > kEveryMax) {
    return InvalidError("interval must be at most 1 year (365.25 days); use cron: with a year");
  }
  return TriggerSpec(Every{period});
}

Result<TriggerSpec> ParseCron(std::string_view text) {
  TRY_ASSIGN(CronSchedule schedule, CronSchedule::Parse(text));
  return TriggerSpec(Cron{std::move(schedule)});
}

Result<TriggerSpec> ParseOnRequest(std::string_view path) {
  if (path.empty()) return InvalidError("request path is empty");
  return TriggerSpec(OnRequest{std::string(path)});
}

// "; did you mean 'table:cpu'?", or nothing.
std::string Suggestion(std::string_view text) {
  const std::size_t colon = text.find(':');
  const std::string kind = ToLowerAscii(Trim(text.substr(0, colon)));
  const bool has_rest = colon != std::string_view::npos;
  const std::vector<std::string> kinds =
      has_rest ? std::vector<std::string>{"table", "every", "cron", "request"}
               : std::vector<std::string>{"all_tables"};
  const std::optional<std::string> nearest = NearestName(kind, kinds);
  if (!nearest) return "";
  return fmt::format("; did you mean '{}{}'?", *nearest, has_rest ? text.substr(colon) : "");
}

Result<TriggerSpec> ParseTrimmed(std::string_view text) {
  if (!IsValidUtf8(text)) return InvalidError("not valid UTF-8");
  if (text == "all_tables") return TriggerSpec(OnAllTables{});
  struct Kind {
    std::string_view prefix;
    Result<TriggerSpec> (*parse)(std::string_view);
  };
  static constexpr Kind kKinds[] = {{"table:", ParseOnTable},
                                    {"every:", ParseEvery},
                                    {"cron:", ParseCron},
                                    {"request:", ParseOnRequest}};
  for (const Kind& kind : kKinds) {
    if (text.starts_with(kind.prefix)) return kind.parse(Trim(text.substr(kind.prefix.size())));
  }
  return InvalidError(std::string(kExpected) + Suggestion(text));
}

}  // namespace

Result<TriggerSpec> ParseTriggerSpec(std::string_view text) {
  const std::string_view trimmed = Trim(text);
  auto spec = ParseTrimmed(trimmed);
  if (spec.ok()) return spec;
  // The text comes back in JSON answers, where bytes that are no text must not appear.
  const std::string_view shown = IsValidUtf8(trimmed) ? CutUtf8(trimmed, 200) : "...";
  return std::move(spec).error().Within(fmt::format("trigger spec '{}'", shown));
}

std::string PrintTriggerSpec(const TriggerSpec& spec) {
  return std::visit(Overload{
                        [](const OnTable& on) { return "table:" + on.table; },
                        [](const OnAllTables&) { return std::string("all_tables"); },
                        [](const Every& every) { return "every:" + PrintDuration(every.period); },
                        [](const Cron& cron) { return "cron:" + cron.schedule.text(); },
                        [](const OnRequest& on) { return "request:" + on.path; },
                    },
                    spec);
}

std::string PrintTriggerSpecJson(const TriggerSpec& spec) {
  using Json = nlohmann::ordered_json;
  const Json json = std::visit(
      Overload{
          [](const OnTable& on) {
            return Json{{"single_table_wal_write", {{"table_name", on.table}}}};
          },
          [](const OnAllTables&) { return Json("all_tables_wal_write"); },
          [](const Every& every) {
            const std::int64_t nanos = every.period.count();
            return Json{{"every",
                         {{"duration",
                           {{"secs", nanos / 1'000'000'000}, {"nanos", nanos % 1'000'000'000}}}}}};
          },
          [](const Cron& cron) {
            return Json{{"schedule", {{"schedule", cron.schedule.text()}}}};
          },
          [](const OnRequest& on) {
            return Json{{"request_path", {{"path", on.path}}}};
          },
      },
      spec);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string_view EntryFunction(const TriggerSpec& spec) {
  return std::visit(Overload{
                        [](const OnTable&) -> std::string_view { return "process_writes"; },
                        [](const OnAllTables&) -> std::string_view { return "process_writes"; },
                        [](const Every&) -> std::string_view { return "process_scheduled_call"; },
                        [](const Cron&) -> std::string_view { return "process_scheduled_call"; },
                        [](const OnRequest&) -> std::string_view { return "process_request"; },
                    },
                    spec);
}

}  // namespace tidemill::model
