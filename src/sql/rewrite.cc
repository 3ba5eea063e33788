#include "sql/rewrite.h"

#include <cstddef>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "sql/identifiers.h"

namespace tidemill::sql {
namespace {

using Table = RewrittenStatement::Table;

constexpr std::string_view kDefaultSchema = "iox";

std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') quoted += '\'';
    quoted += c;
  }
  return quoted + "'";
}

class Words {
 public:
  explicit Words(std::string_view text) : text_(text), tokens_(Tokenize(text)) {
    while (!tokens_.empty() && tokens_.back().In(text_) == ";") tokens_.pop_back();
  }

  bool AtEnd() const { return at_ == tokens_.size(); }
  bool Take(std::string_view word) {
    if (AtEnd() || tokens_[at_].In(text_) != word) return false;
    ++at_;
    return true;
  }
  std::optional<std::string> TakeName() {
    if (AtEnd()) return std::nullopt;
    const Token& token = tokens_[at_];
    if (token.kind != TokenKind::kWord && token.kind != TokenKind::kQuotedName &&
        token.kind != TokenKind::kString) {
      return std::nullopt;
    }
    ++at_;
    return NameOf(token, text_);
  }
  // [schema.]name up to the end of the statement.
  Result<Table> TakeTable(std::string_view statement) {
    std::vector<std::string> parts;
    do {
      auto name = TakeName();
      if (!name) break;
      parts.push_back(std::move(*name));
    } while (Take("."));
    if (parts.size() == 3 && parts.front() == "public") parts.erase(parts.begin());
    if (!AtEnd() || parts.empty() || parts.size() > 2) {
      return InvalidError(std::string(statement) + ": expected one table name, as in \"" +
                          std::string(statement) + " cpu\"");
    }
    return parts.size() == 2 ? Table{parts[0], parts[1]} : Table{"", parts[0]};
  }

 private:
  std::string_view text_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0;
};

std::string WhereTable(const Table& table) {
  return " FROM information_schema.columns WHERE table_schema = " +
         Quoted(table.schema.empty() ? kDefaultSchema : std::string_view(table.schema)) +
         " AND table_name = " + Quoted(table.name) + " ORDER BY column_name";
}

RewrittenStatement ShowTables() {
  return {.text =
              "SELECT table_catalog, table_schema, table_name, table_type "
              "FROM information_schema.tables ORDER BY CASE table_schema "
              "WHEN 'iox' THEN 0 WHEN 'system' THEN 1 ELSE 2 END, table_name",
          .table = std::nullopt};
}

Result<std::optional<RewrittenStatement>> ShowColumns(Words& words) {
  if (!words.Take("from") && !words.Take("in")) {
    return InvalidError("SHOW COLUMNS: expected FROM and a table name");
  }
  TRY_ASSIGN(Table table, words.TakeTable("SHOW COLUMNS FROM"));
  std::string text =
      "SELECT table_catalog, table_schema, table_name, column_name, data_type, is_nullable" +
      WhereTable(table);
  return std::optional(RewrittenStatement{std::move(text), std::move(table)});
}

Result<std::optional<RewrittenStatement>> Describe(Words& words) {
  words.Take("table");
  TRY_ASSIGN(Table table, words.TakeTable("DESCRIBE"));
  std::string text = "SELECT column_name, data_type, is_nullable" + WhereTable(table);
  return std::optional(RewrittenStatement{std::move(text), std::move(table)});
}

}  // namespace

Result<std::optional<RewrittenStatement>> RewriteShow(std::string_view text) {
  Words words(text);
  if (words.Take("describe") || words.Take("desc")) return Describe(words);
  if (!words.Take("show")) return std::optional<RewrittenStatement>();
  if (words.Take("columns")) return ShowColumns(words);
  if (words.Take("tables") && words.AtEnd()) return std::optional(ShowTables());
  return InvalidError("SHOW: expected SHOW TABLES or SHOW COLUMNS FROM and a table name");
}

}  // namespace tidemill::sql
