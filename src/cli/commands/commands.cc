#include "cli/commands/commands.h"

namespace tidemill::cli {

const std::vector<CommandEntry>& Commands() {
  static const std::vector<CommandEntry> kCommands = {
      {"write", {"w"}, "Write", "Write line protocol to a database", &MakeWrite},
      {"query", {"q"}, "Query", "Query a database with SQL", &MakeQuery},
      {"create database", {}, "Create", "Create a database", &MakeCreateDatabase},
      {"create table", {}, "Create", "Create a table", &MakeCreateTable},
      {"create trigger", {}, "Create", "Create a trigger that runs a plugin", &MakeCreateTrigger},
      {"enable trigger", {}, "Enable", "Enable a trigger", &MakeEnableTrigger},
      {"disable trigger", {}, "Disable", "Disable a trigger", &MakeDisableTrigger},
      {"delete trigger", {}, "Delete", "Delete a trigger", &MakeDeleteTrigger},
      {"show databases", {}, "Show", "List the databases", &MakeShowDatabases},
      {"show system", {"show s"}, "Show", "Show the system tables", &MakeShowSystem},
      {"show summary", {}, "Show", "Show a part of every system table", &MakeShowSummary},
  };
  return kCommands;
}

}  // namespace tidemill::cli
