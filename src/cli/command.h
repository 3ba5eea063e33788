// What a command of the command line is. One file per command in commands/; the table is in
// commands/commands.cc.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/arguments.h"
#include "cli/context.h"

namespace tidemill::cli {

class Command {
 public:
  virtual ~Command() = default;
  // Flags and arguments, bound to members. Called once, first.
  virtual void Declare(Arguments& arguments) = 0;
  // What the arguments get wrong together, before anything is done: a usage error.
  virtual Status Check() { return Ok(); }
  virtual Status Run(Context& context) = 0;
};

struct CommandEntry {
  std::string words;  // "create trigger"
  std::vector<std::string> aliases;
  std::string failure;  // "Create": begins "Create command failed: …"
  std::string summary;
  std::unique_ptr<Command> (*make)();
};

// Every command there is, in the order of the help.
const std::vector<CommandEntry>& Commands();

}  // namespace tidemill::cli
