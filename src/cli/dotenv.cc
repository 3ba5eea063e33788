#include "cli/dotenv.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/strings.h"

namespace tidemill::cli {
namespace {

std::string ParseValue(std::string_view text) {
  const char quote = text.empty() ? '\0' : text.front();
  if (quote == '"' || quote == '\'') {
    const std::size_t end = text.find(quote, 1);
    if (end != std::string_view::npos) return std::string(text.substr(1, end - 1));
  }
  const std::size_t comment = text.find(" #");
  return std::string(Trim(text.substr(0, comment)));
}

}  // namespace

DotEnv DotEnv::Parse(std::string_view text) {
  DotEnv out;
  for (std::string_view line : Split(text, '\n')) {
    line = Trim(line);
    if (line.starts_with("export ")) line = Trim(line.substr(7));
    const std::size_t equals = line.find('=');
    if (line.starts_with('#') || equals == std::string_view::npos) continue;
    out.values_.emplace(Trim(line.substr(0, equals)), ParseValue(Trim(line.substr(equals + 1))));
  }
  return out;
}

DotEnv DotEnv::FindFromWorkingDirectory() {
  std::error_code error;
  std::filesystem::path directory = std::filesystem::current_path(error);
  while (!error && !directory.empty()) {
    const auto path = directory / ".env";
    if (std::filesystem::is_regular_file(path, error)) {
      std::ostringstream text;
      text << std::ifstream(path).rdbuf();
      return Parse(text.str());
    }
    error.clear();
    if (directory == directory.parent_path()) break;
    directory = directory.parent_path();
  }
  return {};
}

std::optional<std::string> DotEnv::Get(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

Environment MakeEnvironment() {
  return [file = DotEnv::FindFromWorkingDirectory()](
             const std::string& name) -> std::optional<std::string> {
    if (const char* value = std::getenv(name.c_str())) return std::string(value);
    return file.Get(name);
  };
}

}  // namespace tidemill::cli
