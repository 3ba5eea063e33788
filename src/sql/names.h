// Column names outside and inside DuckDB, which knows no difference between "Temp" and "temp".
//
// Where columns of one table differ in case only, every name that is the same without case gets a
// name of its own inside: "Temp#8", "temp#0" (the digits tell which letters are capital). The
// change depends on the name alone, so it is made wherever a column name may stand (references,
// aliases, USING lists) without knowing scopes, and undone in the result.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tidemill::sql {

class Names {
 public:
  // Takes in the columns of one table of the statement.
  void AddTable(const std::vector<std::string>& columns);

  // No table has colliding names: Inner and Outer change nothing.
  bool IsPlain() const { return colliding_.empty(); }
  std::string Inner(std::string_view name) const;
  std::string Outer(std::string_view inner) const;

 private:
  std::set<std::string, std::less<>> colliding_;  // in lower case
};

}  // namespace tidemill::sql
