#include "cli/run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <optional>

#include "base/strings.h"
#include "cli/command.h"
#include "cli/dotenv.h"
#include "cli/help.h"
#include "cli/unknown_command.h"

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

int ShowVersion(const CommandTable& local, Console& console) {
  console.out << "Tidemill, " << local.version
              << (local.revision.empty() ? "" : ", revision " + local.revision) << "\n";
  return kDone;
}

int RefuseUnknown(const std::string& program, const CommandTable& local, const Words& words,
                  Console& console) {
  std::vector<std::string> names;
  for (const LocalCommand& command : local.commands) names.push_back(command.name);
  for (const CommandEntry& entry : Commands()) names.push_back(entry.words);
  console.err << program << ": " << UnknownCommand(program, words, names).message << "\n";
  return kWrongUsage;
}

const LocalCommand* FindLocal(const CommandTable& local, const std::string& name) {
  const auto found =
      std::find_if(local.commands.begin(), local.commands.end(),
                   [&](const LocalCommand& command) { return command.name == name; });
  return found == local.commands.end() ? nullptr : &*found;
}

// `help create trigger`, `help create`, `help serve`.
int ShowTopic(const std::string& program, const CommandTable& local, const Words& topic,
              Console& console) {
  if (const auto found = Find(topic)) {
    console.out << CommandHelp(program, *found->entry);
    return kDone;
  }
  if (const LocalCommand* command = FindLocal(local, topic[0])) return command->run({"--help"});
  const auto group = Group(topic[0]);
  if (topic.size() > 1 || group.empty()) return RefuseUnknown(program, local, topic, console);
  console.out << GroupHelp(program, topic[0], group);
  return kDone;
}

int ShowHelp(const std::string& program, const CommandTable& local, const Words& words,
             Console& console) {
  if (words.size() > 1 && words[0] == "help") {
    return ShowTopic(program, local, Words(words.begin() + 1, words.end()), console);
  }
  console.out << ProgramHelp(program, local);
  if (words[0] == "--help-all") {
    for (const CommandEntry& entry : Commands()) {
      console.out << "\n" << CommandHelp(program, entry);
    }
  }
  return kDone;
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
  Status done = command->Run(context);
  if (done.ok() && !context.console.out.flush()) done = IoError("cannot write to standard output");
  if (done.ok()) return kDone;
  context.console.err << fmt::format("{} command failed: {}\n", found.entry->failure,
                                     done.error().message);
  return kFailed;
}

// `--num-io-threads N` tunes the program, so it may stand before a command; serve alone needs it.
Words PutCommandFirst(Words words) {
  constexpr std::string_view kProgramFlag = "--num-io-threads";
  if (words.empty() || !words[0].starts_with(kProgramFlag)) return words;
  const std::size_t taken = words[0] == kProgramFlag ? 2 : 1;
  if (words.size() <= taken || words[taken].starts_with('-')) return words;
  const auto command = words.begin() + static_cast<std::ptrdiff_t>(taken);
  if (*command == "serve") {
    std::rotate(words.begin(), command, command + 1);
  } else {
    words.erase(words.begin(), command);
  }
  return words;
}

int Dispatch(const std::string& program, const Words& words, const CommandTable& local,
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
  return RefuseUnknown(program, local, words, console);
}

}  // namespace

int RunWith(const std::string& program, const Words& words, const CommandTable& local,
            Context& context) {
  const int code = Dispatch(program, PutCommandFirst(words), local, context);
  if (code != kDone || context.console.out.flush()) return code;
  context.console.err << program << ": cannot write to standard output\n";
  return kFailed;
}

int Run(int argc, char** argv, const CommandTable& local) {
  std::string program = argc > 0 ? argv[0] : "tidemill";
  program = program.substr(program.rfind('/') + 1);
  SystemClock clock;
  Context context{
      .console = {.in = std::cin,
                  .out = std::cout,
                  .err = std::cerr,
                  .in_is_terminal = isatty(STDIN_FILENO) != 0,
                  .out_is_terminal = isatty(STDOUT_FILENO) != 0},
      .environment = MakeEnvironment(),
      .connect =
          [](http::ClientOptions options) { return http::Client::Create(std::move(options)); },
      .clock = clock};
  return RunWith(program, Words(argv + std::min(argc, 1), argv + argc), local, context);
}

}  // namespace tidemill::cli
