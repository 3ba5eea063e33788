// `enable trigger`, `disable trigger` and `delete trigger`: one request, one sentence.
#include <ostream>

#include "base/status_macros.h"
#include "cli/api.h"
#include "cli/commands/commands.h"
#include "cli/connection.h"

namespace tidemill::cli {
namespace {

constexpr std::string_view kTriggerPath = "/api/v3/configure/processing_engine_trigger";

class ChangeTrigger : public Command {
 public:
  void Declare(Arguments& arguments) override {
    arguments.Add(Positional{
        .placeholder = "TRIGGER_NAME", .help = "Name of the trigger", .set = Text(name_)});
    Connection::DeclareDatabase(arguments, database_);
    connection_.Declare(arguments);
  }

 protected:
  Status Send(Context& context, std::string_view method, std::string_view path,
              const http::Pairs& more, std::string_view done) const {
    TRY_ASSIGN(const auto client, connection_.Open(context));
    http::Pairs parameters = {{"db", database_}, {"trigger_name", name_}};
    parameters.insert(parameters.end(), more.begin(), more.end());
    TRY(Call(*client, method, Target(path, parameters)));
    context.console.out << "Trigger " << name_ << " " << done << " successfully\n";
    return Ok();
  }

 private:
  Connection connection_;
  std::string database_;
  std::string name_;
};

class EnableTrigger final : public ChangeTrigger {
 public:
  Status Run(Context& context) override {
    return Send(context, "POST", std::string(kTriggerPath) + "/enable", {}, "enabled");
  }
};

class DisableTrigger final : public ChangeTrigger {
 public:
  Status Run(Context& context) override {
    return Send(context, "POST", std::string(kTriggerPath) + "/disable", {}, "disabled");
  }
};

class DeleteTrigger final : public ChangeTrigger {
 public:
  void Declare(Arguments& arguments) override {
    ChangeTrigger::Declare(arguments);
    arguments.Add(Flag{
        .name = "force", .help = "Delete it even if it is enabled", .set = Switch(is_forced_)});
  }
  Status Run(Context& context) override {
    return Send(context, "DELETE", kTriggerPath, {{"force", is_forced_ ? "true" : "false"}},
                "deleted");
  }

 private:
  bool is_forced_ = false;
};

}  // namespace

std::unique_ptr<Command> MakeEnableTrigger() { return std::make_unique<EnableTrigger>(); }
std::unique_ptr<Command> MakeDisableTrigger() { return std::make_unique<DisableTrigger>(); }
std::unique_ptr<Command> MakeDeleteTrigger() { return std::make_unique<DeleteTrigger>(); }

}  // namespace tidemill::cli
