#include "engine/run_end.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "base/log.h"

namespace tidemill::engine {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds kCommitDelayMin = 100ms;
constexpr std::chrono::nanoseconds kCommitDelayMax = 10s;

using Committed = Result<std::variant<Sequence, OutputRefused>>;

RunEnd Refused(std::string reason) { return {RunEnd::Kind::kRefused, std::move(reason)}; }

// nullopt: try again later.
std::optional<RunEnd> EndOf(const Committed& committed, bool has_outputs) {
  if (committed.ok()) {
    if (const auto* refused = std::get_if<OutputRefused>(&*committed)) {
      return Refused(fmt::format("{}", fmt::join(refused->reasons, "; ")));
    }
    return RunEnd{};
  }
  const Error& error = committed.error();
  switch (error.code) {
    case ErrorCode::kOutcomeUnknown: return RunEnd{RunEnd::Kind::kUnknown, error.message};
    // The database, a name, a limit: the output's fault, if there is any.
    case ErrorCode::kInvalid:
    case ErrorCode::kForbidden:
    case ErrorCode::kNotFound:
    case ErrorCode::kConflict:
    case ErrorCode::kTooLarge:
    case ErrorCode::kLimit:
    case ErrorCode::kUnsupported:
      if (has_outputs) return Refused(error.message);
      return std::nullopt;
    case ErrorCode::kUnauthorized:
    case ErrorCode::kUnavailable:
    case ErrorCode::kTimeout:
    case ErrorCode::kCancelled:
    case ErrorCode::kCorrupt:
    case ErrorCode::kIo:
    case ErrorCode::kInternal: return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

Task<RunEnd> CommitRun(const RunnerPorts& ports, const RunCommitRequest& request, WaitUntil wait) {
  std::chrono::nanoseconds delay = kCommitDelayMin;
  while (true) {
    const Committed committed = co_await ports.committer.Commit(request);
    co_await HopTo(ports.executor);
    const std::optional<RunEnd> end = EndOf(committed, !request.outputs.empty());
    if (end) co_return *end;

    Log(LogLevel::kWarn, "engine", "run {} of trigger '{}' cannot be recorded yet: {}",
        request.run.run_id, request.run.trigger, committed.error().message);
    const bool goes_on = co_await wait(ports.clock.Steady() + delay);
    if (!goes_on) co_return RunEnd{RunEnd::Kind::kAbandoned, committed.error().message};
    delay = std::min(delay * 2, kCommitDelayMax);
  }
}

}  // namespace tidemill::engine
