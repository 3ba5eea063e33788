// `create database`.
#include <nlohmann/json.hpp>
#include <ostream>

#include "base/duration.h"
#include "base/status_macros.h"
#include "cli/api.h"
#include "cli/commands/commands.h"
#include "cli/connection.h"
#include "model/names.h"

namespace tidemill::cli {
namespace {

class CreateDatabase final : public Command {
 public:
  void Declare(Arguments& arguments) override {
    arguments.Add(Positional{
        .placeholder = "DATABASE_NAME", .help = "Name of the new database", .set = Text(name_)});
    arguments.Add(Flag{.name = "retention-period",
                       .placeholder = "DURATION",
                       .help = "How long rows are kept, e.g. 30d or 24h; for ever without it",
                       .set = Text(retention_)});
    connection_.Declare(arguments);
  }

  Status Check() override {
    TRY(model::ValidateDatabaseName(name_));
    if (!retention_) return Ok();
    if (auto period = ParseDuration(*retention_); !period.ok())
      return std::move(period).error().Within("--retention-period");
    return Ok();
  }

  Status Run(Context& context) override {
    TRY_ASSIGN(const auto client, connection_.Open(context));
    nlohmann::ordered_json body = {{"db", name_}};
    if (retention_) body["retention_period"] = *retention_;
    TRY(CallJson(*client, "POST", "/api/v3/configure/database", body));
    context.console.out << "Database \"" << name_ << "\" created successfully\n";
    return Ok();
  }

 private:
  Connection connection_;
  std::string name_;
  std::optional<std::string> retention_;
};

}  // namespace

std::unique_ptr<Command> MakeCreateDatabase() { return std::make_unique<CreateDatabase>(); }

}  // namespace tidemill::cli
