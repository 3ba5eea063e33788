// `create trigger`.
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>

#include "base/status_macros.h"
#include "cli/api.h"
#include "cli/commands/commands.h"
#include "cli/connection.h"
#include "cli/trigger_arguments.h"
#include "model/names.h"
#include "model/trigger.h"

namespace tidemill::cli {
namespace {

class CreateTrigger final : public Command {
 public:
  void Declare(Arguments& arguments) override;
  Status Check() override;
  Status Run(Context& context) override;

 private:
  nlohmann::ordered_json Body() const;

  Connection connection_;
  std::string database_;
  std::string name_;
  std::string spec_text_;
  model::TriggerSpec spec_;
  std::string path_;
  std::string plugin_filename_;
  model::ErrorBehavior error_behavior_ = model::ErrorBehavior::kLog;
  std::optional<std::map<std::string, std::string>> trigger_arguments_;
  bool is_disabled_ = false;
  bool run_async_ = false;
};

void CreateTrigger::Declare(Arguments& arguments) {
  arguments.Add(Positional{
      .placeholder = "TRIGGER_NAME", .help = "Name of the new trigger", .set = Text(name_)});
  Connection::DeclareDatabase(arguments, database_);
  arguments.Add(Flag{.name = "trigger-spec",
                     .placeholder = "SPEC",
                     .help = "table:NAME, all_tables, every:DURATION, cron:EXPRESSION or "
                             "request:PATH",
                     .is_required = true,
                     .set = Text(spec_text_)});
  arguments.Add(Flag{.name = "path",
                     .placeholder = "PATH",
                     .help = "Plugin file or directory, relative to the server's plugin directory",
                     .set = Text(path_)});
  arguments.Add(Flag{.name = "plugin-filename",
                     .placeholder = "PATH",
                     .help = "Older name of --path",
                     .set = Text(plugin_filename_)});
  arguments.Add(Flag{.name = "trigger-arguments",
                     .placeholder = "KEY=VALUE,...",
                     .help = "Arguments that the plugin is given",
                     .is_repeatable = true,
                     .set = [this](const std::string& value) {
                       if (!trigger_arguments_) trigger_arguments_.emplace();
                       return AddTriggerArguments(value, *trigger_arguments_);
                     }});
  arguments.Add(Flag{.name = "error-behavior",
                     .placeholder = "BEHAVIOR",
                     .help = "What follows a failed run: log, retry or disable (log)",
                     .set = [this](const std::string& value) -> Status {
                       const auto behavior = model::ParseErrorBehavior(value);
                       if (!behavior) return InvalidError("expected log, retry or disable");
                       error_behavior_ = *behavior;
                       return Ok();
                     }});
  arguments.Add(Flag{.name = "run-asynchronous",
                     .help = "Let runs of this trigger overlap",
                     .set = Switch(run_async_)});
  arguments.Add(
      Flag{.name = "disabled", .help = "Create it disabled", .set = Switch(is_disabled_)});
  arguments.Add(Unsupported{
      .name = "upload",
      .advice = "put the plugin into the server's plugin directory and name it with --path"});
  connection_.Declare(arguments);
}

Status CreateTrigger::Check() {
  TRY(model::ValidateTriggerName(name_));
  TRY_ASSIGN(spec_, model::ParseTriggerSpec(spec_text_));
  if (path_.empty() && plugin_filename_.empty()) {
    return InvalidError("Either --path or --plugin-filename must be provided");
  }
  if (!path_.empty() && !plugin_filename_.empty()) {
    return InvalidError("--path and --plugin-filename are the same thing: leave one out");
  }
  return Ok();
}

Status CreateTrigger::Run(Context& context) {
  const auto* cron = std::get_if<model::Cron>(&spec_);
  if (cron != nullptr && cron->schedule.has_numeric_weekday()) {
    context.console.err << "warning: days of the week count from 1 = Sunday to 7 = Saturday; names "
                           "such as MON-FRI are safer\n";
  }
  TRY_ASSIGN(const auto client, connection_.Open(context));
  TRY(CallJson(*client, "POST", "/api/v3/configure/processing_engine_trigger", Body()));
  context.console.out << "Trigger " << name_ << " created successfully\n";
  return Ok();
}

nlohmann::ordered_json CreateTrigger::Body() const {
  nlohmann::ordered_json body = {
      {"db", database_},
      {"plugin_filename", path_.empty() ? plugin_filename_ : path_},
      {"trigger_name", name_},
      {"trigger_settings",
       {{"run_async", run_async_}, {"error_behavior", model::PrintErrorBehavior(error_behavior_)}}},
      {"trigger_specification", model::PrintTriggerSpec(spec_)},
      {"trigger_arguments", nullptr},
      {"disabled", is_disabled_}};
  if (trigger_arguments_) body["trigger_arguments"] = *trigger_arguments_;
  return body;
}

}  // namespace

std::unique_ptr<Command> MakeCreateTrigger() { return std::make_unique<CreateTrigger>(); }

}  // namespace tidemill::cli
