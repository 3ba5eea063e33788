// How objects of the store are named inside DuckDB: "obj://<object name>".
#pragma once

#include <string_view>

namespace tidemill::sql {

inline constexpr std::string_view kObjectScheme = "obj://";

}  // namespace tidemill::sql
