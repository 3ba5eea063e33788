#include "cli/help.h"

#include <fmt/format.h>

namespace tidemill::cli {
namespace {

std::string CommandRow(std::string_view name, std::string_view summary) {
  return fmt::format("  {:<24}{}\n", name, summary);
}

}  // namespace

std::string CommandHelp(const std::string& program, const CommandEntry& entry) {
  const auto command = entry.make();
  Arguments arguments;
  command->Declare(arguments);
  return fmt::format("{}\n\nUsage: {} {} {}\n\n{}", entry.summary, program, entry.words,
                     arguments.Usage(), arguments.Help());
}

std::string ProgramHelp(const std::string& program, const CommandTable& local) {
  std::string out = fmt::format(
      "Tidemill, a time-series database with a Python processing engine\n\n"
      "Usage: {0} [COMMAND]\n"
      "       {0} [OPTIONS of serve]\n\nCommands:\n",
      program);
  for (const LocalCommand& command : local.commands)
    out += CommandRow(command.name, command.summary);
  for (const CommandEntry& entry : Commands()) out += CommandRow(entry.words, entry.summary);
  out += "\nOptions:\n";
  out += CommandRow("-h, --help", "Show this help, or that of a command");
  out += CommandRow("--help-all", "Show the help of every command");
  out += CommandRow("-V, --version", "Show the version");
  return out;
}

std::string GroupHelp(const std::string& program, const std::string& name,
                      const std::vector<const CommandEntry*>& group) {
  std::string out = fmt::format("Usage: {} {} <COMMAND>\n\nCommands:\n", program, name);
  for (const CommandEntry* entry : group) out += CommandRow(entry->words, entry->summary);
  return out;
}

std::vector<const CommandEntry*> Group(std::string_view name) {
  std::vector<const CommandEntry*> group;
  for (const CommandEntry& entry : Commands()) {
    if (entry.words.starts_with(std::string(name) + " ")) group.push_back(&entry);
  }
  return group;
}

}  // namespace tidemill::cli
