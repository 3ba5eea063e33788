// `create table`.
#include <nlohmann/json.hpp>
#include <ostream>

#include "base/status_macros.h"
#include "base/strings.h"
#include "cli/api.h"
#include "cli/commands/commands.h"
#include "cli/connection.h"
#include "model/data_type.h"

namespace tidemill::cli {
namespace {

class CreateTable final : public Command {
 public:
  void Declare(Arguments& arguments) override {
    arguments.Add(Positional{
        .placeholder = "TABLE_NAME", .help = "Name of the new table", .set = Text(name_)});
    Connection::DeclareDatabase(arguments, database_);
    arguments.Add(Flag{.name = "tags",
                       .placeholder = "TAG,...",
                       .help = "Tag columns, in the order of the series key",
                       .is_repeatable = true,
                       .set = [this](const std::string& value) { return AddTags(value); }});
    arguments.Add(Flag{.name = "fields",
                       .letter = 'f',
                       .placeholder = "NAME:TYPE,...",
                       .help = "Field columns; types are utf8, int64, uint64, float64 and bool",
                       .is_repeatable = true,
                       .set = [this](const std::string& value) { return AddFields(value); }});
    connection_.Declare(arguments);
  }

  Status Run(Context& context) override {
    TRY_ASSIGN(const auto client, connection_.Open(context));
    TRY(CallJson(*client, "POST", "/api/v3/configure/table",
                 {{"db", database_}, {"table", name_}, {"tags", tags_}, {"fields", fields_}}));
    context.console.out << "Table \"" << database_ << "\".\"" << name_
                        << "\" created successfully\n";
    return Ok();
  }

 private:
  Status AddTags(const std::string& list) {
    for (const std::string_view tag : Split(list, ',')) {
      if (tag.empty()) return InvalidError("expected tag names with commas between");
      tags_.push_back(tag);
    }
    return Ok();
  }

  Status AddFields(const std::string& list) {
    for (const std::string_view field : Split(list, ',')) {
      const std::size_t colon = field.rfind(':');  // a name may hold colons, a type does not
      const auto type = colon == std::string_view::npos
                            ? std::nullopt
                            : model::ParseFieldType(field.substr(colon + 1));
      if (!type || colon == 0) {
        return InvalidError(
            "expected NAME:TYPE with a type of utf8, int64, uint64, float64 or bool, not '" +
            std::string(field) + "'");
      }
      fields_.push_back({{"name", field.substr(0, colon)}, {"type", field.substr(colon + 1)}});
    }
    return Ok();
  }

  Connection connection_;
  std::string name_;
  std::string database_;
  nlohmann::ordered_json tags_ = nlohmann::ordered_json::array();
  nlohmann::ordered_json fields_ = nlohmann::ordered_json::array();
};

}  // namespace

std::unique_ptr<Command> MakeCreateTable() { return std::make_unique<CreateTable>(); }

}  // namespace tidemill::cli
