// The help texts: of the program, of a group such as "create", of one command.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"
#include "cli/run.h"

namespace tidemill::cli {

std::string ProgramHelp(const std::string& program, const CommandTable& local);
std::string CommandHelp(const std::string& program, const CommandEntry& entry);
std::string GroupHelp(const std::string& program, const std::string& name,
                      const std::vector<const CommandEntry*>& group);

// The commands of a group; none when there is no such group.
std::vector<const CommandEntry*> Group(std::string_view name);

}  // namespace tidemill::cli
