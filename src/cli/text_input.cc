#include "cli/text_input.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <istream>
#include <sstream>

#include "cli/shown.h"

namespace tidemill::cli {

void TextInput::Declare(Arguments& arguments, std::string placeholder) {
  arguments.Add(Positional{.placeholder = std::move(placeholder),
                           .help = "The " + what_ + "; without it and --file, standard input",
                           .is_required = false,
                           .set = Text(text_)});
  arguments.Add(Flag{.name = "file",
                     .letter = 'f',
                     .placeholder = "FILE",
                     .help = "Read the " + what_ + " from this file",
                     .is_path = true,
                     .set = Text(file_)});
}

Status TextInput::Check() const {
  if (text_ && file_) {
    return InvalidError("the " + what_ + " is given as an argument and with --file: leave one out");
  }
  return Ok();
}

Result<std::unique_ptr<std::istream>> TextInput::Open(Context& context) const {
  if (text_ && *text_ != "-") {
    return std::unique_ptr<std::istream>(std::make_unique<std::istringstream>(*text_));
  }
  if (file_) {
    auto file = std::make_unique<std::ifstream>(*file_, std::ios::binary);
    // A directory opens, and fails at the first byte.
    if (!*file || (file->peek(), file->bad())) {
      return InvalidError("cannot read '" + Shown(*file_) + "': " + std::strerror(errno));
    }
    file->clear();
    return std::unique_ptr<std::istream>(std::move(file));
  }
  if (context.console.in_is_terminal) {
    return InvalidError("no " + what_ +
                        ": give it as an argument, with --file FILE, or on standard input");
  }
  return std::make_unique<std::istream>(context.console.in.rdbuf());
}

}  // namespace tidemill::cli
