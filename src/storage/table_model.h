// For tests: what a table must hold, kept the simplest way there is. Everything that stores rows is
// compared with it, row for row and field for field.
//
// A point is a tag set and a time; each of its fields has the newest value that was written. One
// thread.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/timestamp.h"
#include "storage/storage_fakes.h"

namespace tidemill::storage {

class TableModel {
 public:
  // What Read() shows after the time, in this order.
  explicit TableModel(std::vector<std::string> columns) : columns_(std::move(columns)) {}

  void Write(const std::vector<TestRow>& rows) {
    for (const TestRow& row : rows) {
      Fields& fields = points_[{row.time, row.tags}];
      for (const auto& [name, value] : row.fields) fields[name] = value;
    }
  }

  using Tags = std::map<std::string, std::string>;
  using Fields = std::map<std::string, FieldValue>;

  std::size_t points() const { return points_.size(); }

  // "time|column|…" for every point that is not older than `cutoff`, sorted as text.
  std::vector<std::string> Read(Timestamp cutoff = Timestamp::Min()) const {
    return ReadIf([&](Timestamp time, const Tags&, const Fields&) { return time >= cutoff; });
  }
  // The same for the points that `is_wanted(time, tags, fields)` is true for.
  template <typename IsWanted>
  std::vector<std::string> ReadIf(IsWanted is_wanted) const {
    std::vector<std::string> rows;
    for (const auto& [key, fields] : points_) {
      if (!is_wanted(Timestamp(key.first), key.second, fields)) continue;
      std::string text = PrintTimestamp(Timestamp(key.first));
      for (const std::string& column : columns_) text += "|" + Cell(key.second, fields, column);
      rows.push_back(std::move(text));
    }
    std::ranges::sort(rows);
    return rows;
  }

 private:
  static std::string Cell(const Tags& tags, const Fields& fields, const std::string& column) {
    if (const auto tag = tags.find(column); tag != tags.end()) return tag->second;
    const auto field = fields.find(column);
    if (field == fields.end()) return "NULL";
    return std::visit([](const auto& value) { return fmt::format("{}", value); }, field->second);
  }

  std::vector<std::string> columns_;
  std::map<std::pair<std::int64_t, Tags>, Fields> points_;
};

}  // namespace tidemill::storage
