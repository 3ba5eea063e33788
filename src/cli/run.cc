#include "cli/run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <optional>

#include "base/strings.h"
#include "cli/command.h"
#include "cli/dotenv.h"
#include "cli/help.h"

namespace tidemill::cli {
namespace {

enum ExitCode { kDone = 0, kFailed = 1, kWrongUsage = 2 };

using Words = std::vector<std::string>;

struct Found {
  const CommandEntry* entry;
  Words arguments;
};

// The arguments of `words` if they begin with the words of `name`.
std::optional<Words> After(std::string_view name, const Words& words) {
  const auto parts = Split(name, ' ');
  if (words.size() < parts.size()) return std::nullopt;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (words[i] != parts[i]) return std::nullopt;
  }
  return Words(words.begin() + static_cast<std::ptrdiff_t>(parts.size()), words.end());
}

std::optional<Found> Find(const Words& words) {
  for (const CommandEntry& entry : Commands()) {
    if (auto arguments = After(entry.words, words)) return Found{&entry, std::move(*arguments)};
    for (const std::string& alias : entry.aliases) {
      if (auto arguments = After(alias, words)) return Found{&entry, std::move(*arguments)};
    }
  }
  return std::nullopt;
}

bool IsHelp(std::string_view word) {
  return word == "-h" || word == "--help" || word == "--help-all" || word == "help";
}

int ShowHelp(const std::string& program, const CommandTable& local, const Words& words,
             Console& console) {
  if (words.size() > 1 && words[0] == "help") {
    const Words topic(words.begin() + 1, words.end());
    if (const auto found = Find(topic)) {
      console.out << CommandHelp(program, *found->entry);
      return kDone;
    }
  }
  console.out << ProgramHelp(program, local);
  if (words[0] == "--help-all") {
    for (const CommandEntry& entry : Commands()) {
      console.out << "\n" << CommandHelp(program, entry);
    }
  }
  return kDone;
}

int ShowVersion(const CommandTable& local, Console& console) {
  console.out << "Tidemill, " << local.version
              << (local.revision.empty() ? "" : ", revision " + local.revision) << "\n";
  return kDone;
}

// "create tigger" is compared whole; a misspelt "wirte 'cpu f=1'" by its first word.
int UnknownCommand(const std::string& program, const CommandTable& local, const Words& words,
                   Console& console) {
  std::vector<std::string> names;
  for (const LocalCommand& command : local.commands) names.push_back(command.name);
  for (const CommandEntry& entry : Commands()) names.push_back(entry.words);
  std::string unknown = words[0];
  auto nearest = NearestName(unknown, names);
  if (!nearest && words.size() > 1 && !words[1].starts_with('-')) {
    const std::string both = words[0] + " " + words[1];
    nearest = NearestName(both, names);
    if (nearest || !Group(words[0]).empty()) unknown = both;
  }
  console.err << fmt::format("{}: unknown command '{}', {}\n", program, unknown,
                             nearest ? fmt::format("did you mean '{}'?", *nearest)
                                     : fmt::format("see '{} --help'", program));
  return kWrongUsage;
}

int RunCommand(const std::string& program, const Found& found, Context& context) {
  const auto command = found.entry->make();
  Arguments arguments;
  command->Declare(arguments);
  const auto wrong_usage = [&](const Error& error) {
    context.console.err << fmt::format("{} {}: {}\n", program, found.entry->words, error.message);
    return kWrongUsage;
  };
  const auto parsed = arguments.Parse(found.arguments, context.environment);
  if (!parsed.ok()) return wrong_usage(parsed.error());
  if (!*parsed) {
    context.console.out << CommandHelp(program, *found.entry);
    return kDone;
  }
  if (const auto checked = command->Check(); !checked.ok()) return wrong_usage(checked.error());
  const auto done = command->Run(context);
  context.console.out.flush();
  if (done.ok()) return kDone;
  context.console.err << fmt::format("{} command failed: {}\n", found.entry->failure,
                                     done.error().message);
  return kFailed;
}

const LocalCommand* FindLocal(const CommandTable& local, const std::string& name) {
  const auto found =
      std::find_if(local.commands.begin(), local.commands.end(),
                   [&](const LocalCommand& command) { return command.name == name; });
  return found == local.commands.end() ? nullptr : &*found;
}

}  // namespace

int RunWith(const std::string& program, const Words& words, const CommandTable& local,
            Context& context) {
  Console& console = context.console;
  if (words.empty() || (words[0].starts_with('-') && !IsHelp(words[0]) && words[0] != "-V" &&
                        words[0] != "--version")) {
    // Flags without a command are the default command's: `tidemill --object-store memory`.
    if (const LocalCommand* command = FindLocal(local, local.default_command)) {
      return command->run(words);
    }
    console.err << ProgramHelp(program, local);
    return kWrongUsage;
  }
  if (IsHelp(words[0])) return ShowHelp(program, local, words, console);
  if (words[0] == "-V" || words[0] == "--version") return ShowVersion(local, console);
  if (const LocalCommand* command = FindLocal(local, words[0])) {
    return command->run(Words(words.begin() + 1, words.end()));
  }
  if (const auto found = Find(words)) return RunCommand(program, *found, context);
  if (const auto group = Group(words[0]); !group.empty()) {
    if (words.size() > 1 && IsHelp(words[1])) {
      console.out << GroupHelp(program, words[0], group);
      return kDone;
    }
    if (words.size() == 1) {
      console.err << GroupHelp(program, words[0], group);
      return kWrongUsage;
    }
  }
  return UnknownCommand(program, local, words, console);
}

int Run(int argc, char** argv, const CommandTable& local) {
  std::string program = argc > 0 ? argv[0] : "tidemill";
  program = program.substr(program.rfind('/') + 1);
  SystemClock clock;
  const DotEnv file = DotEnv::FindFromWorkingDirectory();
  Context context{
      .console = {.in = std::cin,
                  .out = std::cout,
                  .err = std::cerr,
                  .in_is_terminal = isatty(STDIN_FILENO) != 0,
                  .out_is_terminal = isatty(STDOUT_FILENO) != 0},
      .environment = [&file](const std::string& name) -> std::optional<std::string> {
        if (const char* value = std::getenv(name.c_str())) return std::string(value);
        return file.Get(name);
      },
      .connect =
          [](http::ClientOptions options) { return http::Client::Create(std::move(options)); },
      .clock = clock};
  return RunWith(program, Words(argv + std::min(argc, 1), argv + argc), local, context);
}

}  // namespace tidemill::cli
