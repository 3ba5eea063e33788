// Where a command reads its text from: an argument, a file, or standard input.
#pragma once

#include <iosfwd>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "cli/arguments.h"
#include "cli/context.h"

namespace tidemill::cli {

class TextInput {
 public:
  // `what`: "query", "line protocol".
  explicit TextInput(std::string what) : what_(std::move(what)) {}
  // The positional argument and -f, --file.
  void Declare(Arguments& arguments, std::string placeholder);
  Status Check() const;
  // Error: the file cannot be read; nothing was given and standard input is a terminal.
  Result<std::unique_ptr<std::istream>> Open(Context& context) const;

 private:
  const std::string what_;
  std::optional<std::string> text_;
  std::optional<std::string> file_;
};

}  // namespace tidemill::cli
