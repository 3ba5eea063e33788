// `show databases`.
#include <ostream>

#include "base/status_macros.h"
#include "cli/api.h"
#include "cli/commands/commands.h"
#include "cli/connection.h"
#include "cli/query_request.h"

namespace tidemill::cli {
namespace {

class ShowDatabases final : public Command {
 public:
  void Declare(Arguments& arguments) override {
    arguments.Add(Flag{.name = "show-deleted",
                       .help = "List deleted databases too",
                       .set = Switch(show_deleted_)});
    DeclareFormat(arguments, format_, false);
    connection_.Declare(arguments);
  }

  Status Run(Context& context) override {
    TRY_ASSIGN(const auto client, connection_.Open(context));
    TRY_ASSIGN(
        const std::string body,
        Call(*client, "GET",
             Target("/api/v3/configure/database",
                    {{"format", format_}, {"show_deleted", show_deleted_ ? "true" : "false"}})));
    context.console.out << body << (body.ends_with('\n') ? "" : "\n");
    return Ok();
  }

 private:
  Connection connection_;
  bool show_deleted_ = false;
  std::string format_ = "pretty";
};

}  // namespace

std::unique_ptr<Command> MakeShowDatabases() { return std::make_unique<ShowDatabases>(); }

}  // namespace tidemill::cli
