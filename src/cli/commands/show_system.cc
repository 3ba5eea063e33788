// `show system table-list`, `show system table NAME`, `show system summary`, and `show summary`.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "base/status_macros.h"
#include "cli/commands/commands.h"
#include "cli/connection.h"
#include "cli/query_request.h"

namespace tidemill::cli {
namespace {

constexpr std::string_view kTableList =
    "SELECT table_name FROM information_schema.tables WHERE table_schema = 'system' "
    "ORDER BY table_name";
constexpr std::size_t kTableRows = 100;
constexpr std::size_t kSummaryRows = 10;

// A limit of 0 shows every row.
std::string LimitClause(std::size_t rows) {
  return rows == 0 ? "" : fmt::format(" LIMIT {}", rows);
}

class ShowSystem final : public Command {
 public:
  explicit ShowSystem(std::string what) : what_(std::move(what)) {}

  void Declare(Arguments& arguments) override;
  Status Check() override;
  Status Run(Context& context) override;

 private:
  Result<std::vector<std::string>> TableNames(http::Client& client) const;
  QueryRequest Request(std::string text) const {
    return {.database = database_, .text = std::move(text), .format = format_};
  }
  Status PrintTable(http::Client& client, Console& console) const;
  Status PrintSummary(http::Client& client, Console& console) const;

  Connection connection_;
  std::string what_;  // "table-list", "table", "summary"
  std::string database_;
  std::optional<std::string> table_;
  std::string format_ = "pretty";
  std::optional<std::size_t> limit_;
  std::string order_by_;
  std::string select_ = "*";
};

void ShowSystem::Declare(Arguments& arguments) {
  if (what_.empty()) {
    arguments.Add(Positional{.placeholder = "WHAT",
                             .help = "table-list, table or summary",
                             .set = Choice(what_, {"table-list", "table", "summary"})});
    arguments.Add(Positional{.placeholder = "TABLE_NAME",
                             .help = "With table: which one",
                             .is_required = false,
                             .set = Text(table_)});
    arguments.Add(Flag{.name = "order-by",
                       .letter = 'o',
                       .placeholder = "COLUMN,...",
                       .help = "With table: columns to sort by",
                       .set = Text(order_by_)});
    arguments.Add(Flag{.name = "select",
                       .letter = 's',
                       .placeholder = "COLUMN,...",
                       .help = "With table: columns to show",
                       .set = Text(select_)});
  }
  Connection::DeclareDatabase(arguments, database_);
  arguments.Add(
      Flag{.name = "limit",
           .letter = 'l',
           .placeholder = "ROWS",
           .help = "Rows of each table, 0 = all (table 100, summary 10)",
           .set = [this](const std::string& value) { return Number(limit_.emplace(), 0)(value); }});
  DeclareFormat(arguments, format_, false);
  connection_.Declare(arguments);
}

Status ShowSystem::Check() {
  if (what_ == "table" && !table_) return InvalidError("missing argument <TABLE_NAME>");
  if (what_ != "table" && table_) {
    return InvalidError(fmt::format("unexpected argument '{}': {} takes none", *table_, what_));
  }
  return Ok();
}

Status ShowSystem::Run(Context& context) {
  TRY_ASSIGN(const auto client, connection_.Open(context));
  if (what_ == "table-list") {
    return PrintQuery(*client, Request(std::string(kTableList)), context.console);
  }
  if (what_ == "table") return PrintTable(*client, context.console);
  return PrintSummary(*client, context.console);
}

Result<std::vector<std::string>> ShowSystem::TableNames(http::Client& client) const {
  std::string body;
  QueryRequest request = Request(std::string(kTableList));
  request.format = "json";
  TRY(SendQuery(client, request, [&](std::string_view piece) -> Status {
    body += piece;
    return Ok();
  }));
  std::vector<std::string> names;
  const auto rows = nlohmann::json::parse(body, nullptr, false);
  if (!rows.is_array()) return InternalError("the server's list of system tables is not JSON rows");
  for (const auto& row : rows) {
    const auto name = row.is_object() ? row.find("table_name") : row.end();
    if (row.is_object() && name != row.end() && name->is_string()) names.push_back(*name);
  }
  return names;
}

Status ShowSystem::PrintTable(http::Client& client, Console& console) const {
  TRY_ASSIGN(const std::vector<std::string> names, TableNames(client));
  if (std::find(names.begin(), names.end(), *table_) == names.end()) {
    return NotFoundError(
        fmt::format("system table '{}' not found: please use a valid system table name: [{}]",
                    *table_, fmt::join(names, ", ")));
  }
  return PrintQuery(client,
                    Request(fmt::format("SELECT {} FROM system.{}{}{}", select_, *table_,
                                        order_by_.empty() ? "" : " ORDER BY " + order_by_,
                                        LimitClause(limit_.value_or(kTableRows)))),
                    console);
}

Status ShowSystem::PrintSummary(http::Client& client, Console& console) const {
  TRY_ASSIGN(const std::vector<std::string> names, TableNames(client));
  for (const std::string& name : names) {
    console.out << name << " summary:\n";
    TRY(PrintQuery(client,
                   Request(fmt::format("SELECT * FROM system.{}{}", name,
                                       LimitClause(limit_.value_or(kSummaryRows)))),
                   console));
  }
  return Ok();
}

}  // namespace

std::unique_ptr<Command> MakeShowSystem() { return std::make_unique<ShowSystem>(""); }
std::unique_ptr<Command> MakeShowSummary() { return std::make_unique<ShowSystem>("summary"); }

}  // namespace tidemill::cli
