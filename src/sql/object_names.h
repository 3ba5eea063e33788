// How objects are named inside DuckDB: a scheme and the object's name.
#pragma once

#include <string_view>

namespace tidemill::sql {

inline constexpr std::string_view kObjectScheme = "obj://";  // the server's object store
inline constexpr std::string_view kMemoryScheme = "mem://";  // the internal engine's scratch

}  // namespace tidemill::sql
