// The program: `serve` and `storage` are here, every other command is a client of the HTTP API
// (cli/).
#include "app/commands/storage.h"
#include "app/program.h"
#include "app/serve.h"
#include "cli/run.h"

int main(int argc, char** argv) {
  using namespace tidemill;
  cli::CommandTable table;
  table.version = std::string(app::Version());
  table.revision = std::string(app::Revision());
  table.commands.push_back({"serve", "Run the server", app::Serve});
  table.commands.push_back(
      {"storage", "Verify the data directory of a stopped server", app::StorageCommand});
  return cli::Run(argc, argv, table);
}
