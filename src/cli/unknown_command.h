// What to say to a command that there is not: the nearest one, or that it is known elsewhere.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace tidemill::cli {

// `words`: the command line, at least one word. `names`: the commands there are, "create trigger".
// One sentence: "unknown command 'wirte', did you mean 'write'?".
Error UnknownCommand(const std::string& program, const std::vector<std::string>& words,
                     const std::vector<std::string>& names);

}  // namespace tidemill::cli
