// `tidemill <command>`: finds the command, parses its line, runs it, and says how it went.
//
// Exit codes: 0 done or help, 1 the command failed, 2 the command line is wrong. Commands that need
// the server's own code (`serve`) are handed in by app/; everything here speaks HTTP only.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/context.h"

namespace tidemill::cli {

struct LocalCommand {
  std::string name;     // one word, "serve"
  std::string summary;  // for the help
  // `arguments`: what stands after the command. Returns the exit code.
  std::function<int(const std::vector<std::string>& arguments)> run;
};

struct CommandTable {
  std::vector<LocalCommand> commands;
  // Runs when the line names no command; empty: the help is shown.
  std::string default_command = "serve";
  std::string version;
  std::string revision;
};

int Run(int argc, char** argv, const CommandTable& local);

// The same, with the world handed in. `program`: the name it was called by.
int RunWith(const std::string& program, const std::vector<std::string>& words,
            const CommandTable& local, Context& context);

}  // namespace tidemill::cli
