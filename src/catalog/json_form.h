// The JSON of the catalog's nouns, shared by changes and snapshots: columns, triggers, retention.
//
// Decoding throws what nlohmann throws; Guarded turns it into an Error. Only change_json.cc and
// snapshot_json.cc use this.
#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/schema.h"
#include "model/trigger.h"

namespace tidemill::catalog {

using Json = nlohmann::ordered_json;

// Thrown by decoders for a value of the right JSON type that means nothing.
struct BadValue : std::runtime_error {
  using std::runtime_error::runtime_error;
};

std::string Dump(const Json& json);

Json RetentionToJson(const std::optional<std::chrono::nanoseconds>& retention);
std::optional<std::chrono::nanoseconds> RetentionFromJson(const Json& json);

struct ColumnForm {
  model::ColumnKind kind;
  model::DataType type;
};
// Adds "kind" (tag or field) and, for a field, "type" (as in the configure API).
void AddColumnForm(Json& json, ColumnForm form);
ColumnForm ColumnFormFromJson(const Json& json);

// Without its ids.
Json TriggerToJson(const model::Trigger& trigger);
model::Trigger TriggerFromJson(const Json& json);

// A non-negative whole number that fits; nlohmann itself would convert silently.
template <typename T>
T Unsigned(const Json& json) {
  if (!json.is_number_unsigned()) throw BadValue("expected a number, not " + Dump(json));
  const auto value = json.get<std::uint64_t>();
  if (value > std::numeric_limits<T>::max()) throw BadValue("number too large: " + Dump(json));
  return static_cast<T>(value);
}

// The library itself would round a fraction and wrap what is too large.
inline std::int64_t Signed(const Json& json) {
  const bool fits = json.is_number_integer() &&
                    (!json.is_number_unsigned() || json.get<std::uint64_t>() <= INT64_MAX);
  if (!fits) throw BadValue("expected a 64-bit integer, not " + Dump(json));
  return json.get<std::int64_t>();
}

template <typename T, typename F>
Result<T> Guarded(std::string_view what, F decode) {
  try {
    return decode();
  } catch (const nlohmann::json::exception& e) {
    return CorruptError(std::string(what) + ": " + e.what());
  } catch (const BadValue& e) {
    return CorruptError(std::string(what) + ": " + e.what());
  }
}

}  // namespace tidemill::catalog
