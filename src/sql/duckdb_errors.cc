#include "sql/duckdb_errors.h"

#include <algorithm>
#include <cstddef>

#include "sql/object_names.h"

namespace tidemill::sql {
namespace {

ErrorCode CodeOf(const duckdb::ErrorData& error) {
  // Whatever is wrong with a stored file is not the user's to fix.
  const bool is_about_object = error.RawMessage().find(kObjectScheme) != std::string::npos;
  switch (error.Type()) {
    case duckdb::ExceptionType::INTERRUPT: return ErrorCode::kCancelled;
    case duckdb::ExceptionType::OUT_OF_MEMORY: return ErrorCode::kLimit;
    case duckdb::ExceptionType::PARSER:
    case duckdb::ExceptionType::SYNTAX:
    case duckdb::ExceptionType::BINDER:
    case duckdb::ExceptionType::CATALOG: return ErrorCode::kInvalid;
    case duckdb::ExceptionType::IO: return is_about_object ? ErrorCode::kIo : ErrorCode::kInvalid;
    case duckdb::ExceptionType::NOT_IMPLEMENTED: return ErrorCode::kUnsupported;
    case duckdb::ExceptionType::PERMISSION: return ErrorCode::kForbidden;
    case duckdb::ExceptionType::INTERNAL:
    case duckdb::ExceptionType::FATAL:
    case duckdb::ExceptionType::SERIALIZATION: return ErrorCode::kInternal;
    default: return is_about_object ? ErrorCode::kCorrupt : ErrorCode::kInvalid;
  }
}

void RemoveAll(std::string& text, std::string_view part) {
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at)) {
    text.erase(at, part.size());
  }
}

// Hints that name DuckDB's own switches help nobody here.
void CutFrom(std::string& text, std::string_view mark) {
  const std::size_t at = text.find(mark);
  if (at != std::string::npos) text.resize(at);
}

std::string Place(const duckdb::ErrorData& error, std::string_view text) {
  const auto& info = error.ExtraInfo();
  const auto entry = info.find("position");
  if (entry == info.end()) return {};
  const std::size_t position = std::stoull(entry->second);
  if (position >= text.size()) return {};
  const std::string_view before = text.substr(0, position);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t line_begin =
      before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return " (line " + std::to_string(line) + ", column " +
         std::to_string(position - line_begin + 1) + ")";
}

}  // namespace

Error ToError(const duckdb::ErrorData& error, std::string_view text) {
  const ErrorCode code = CodeOf(error);
  if (code == ErrorCode::kCancelled) return {code, "the query was cancelled"};
  std::string message = error.RawMessage();
  if (code == ErrorCode::kLimit) {
    CutFrom(message, "\n\nPossible solutions");
    CutFrom(message, "\nPossible solutions");
    return {code, "the query needs more memory than queries may use: " + message};
  }
  RemoveAll(message, kInnerPrefix);
  CutFrom(message, "\n\nLINE ");
  CutFrom(message, "\nLINE ");
  CutFrom(message, "\n\nStack Trace");
  while (!message.empty() && (message.back() == '\n' || message.back() == ' ')) message.pop_back();
  return {code, message + Place(error, text)};
}

}  // namespace tidemill::sql
