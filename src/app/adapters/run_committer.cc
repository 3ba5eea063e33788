#include "app/adapters/run_committer.h"

#include "app/adapters/internal_tables.h"
#include "base/status_macros.h"
#include "base/strings.h"
#include "model/names.h"

namespace tidemill::app {
namespace {

using Committed = std::variant<Sequence, engine::OutputRefused>;

ingest::WriteRequest PluginWrite(const std::string& database, std::string lines, TriggerId origin,
                                 std::uint8_t depth) {
  ingest::WriteRequest write;
  write.database = database;
  write.body = std::move(lines);
  write.precision = model::Precision::kNanosecond;
  write.accept_partial = false;
  write.origin = origin;
  write.depth = depth;
  return write;
}

std::string Describe(const std::string& database, const ingest::RejectedLine& line) {
  return "line " + std::to_string(line.line_number) + " for database '" + database +
         "': " + line.message + " in '" + line.original_line + "'";
}

}  // namespace

Task<Result<Committed>> RunCommitterAdapter::Commit(const engine::RunCommitRequest& request) {
  wal::RunCommit commit{.trigger = request.trigger,
                        .consumed = request.consumed,
                        .tick = request.tick,
                        .dead_letter = request.dead_letter};
  // A full buffer is an answer for plugins as for clients: the engine tries again.
  CO_TRY(storage_.AdmitWrite());
  // Every database is validated before anything is appended: a run is written whole or not at all.
  engine::OutputRefused refused;
  for (const engine::RunOutput& output : request.outputs) {
    if (Trim(output.lines).empty()) continue;  // write() of a builder that built nothing
    const ingest::WriteRequest write =
        PluginWrite(output.database, output.lines, request.trigger, request.depth);
    auto prepared = co_await writes_.Prepare(write);
    if (!prepared.ok()) {
      // Nothing is wrong with the run when the server cannot take writes just now: the engine tries
      // again.
      if (prepared.error().code == ErrorCode::kUnavailable) co_return std::move(prepared).error();
      refused.reasons.push_back("database '" + output.database + "': " + prepared.error().message);
      continue;
    }
    for (const auto& line : prepared->rejected)
      refused.reasons.push_back(Describe(output.database, line));
    if (prepared->rejected.empty()) commit.outputs.push_back(std::move(prepared->record));
  }
  if (!refused.reasons.empty()) co_return Committed(std::move(refused));

  std::string run_line;
  AppendRunLine(request.run, run_line);
  ingest::WriteRequest run_row = PluginWrite(std::string(model::kInternalDatabase),
                                             std::move(run_line), request.trigger, request.depth);
  run_row.internal = true;
  CO_TRY_ASSIGN(auto run_record, co_await writes_.Prepare(run_row));
  commit.outputs.push_back(std::move(run_record.record));
  const wal::Ticket ticket = wal_.Append(std::move(commit));
  CO_TRY_ASSIGN(const Sequence sequence, co_await ticket);
  co_return Committed(sequence);
}

Task<Status> RunCommitterAdapter::WriteSync(std::string database, std::string lines, bool no_sync,
                                            TriggerId origin, std::uint8_t depth) {
  ingest::WriteRequest write = PluginWrite(database, std::move(lines), origin, depth);
  write.no_sync = no_sync;
  CO_TRY_ASSIGN(const auto outcome, co_await writes_.Write(write));
  if (!outcome.rejected.empty())
    co_return InvalidError(Describe(database, outcome.rejected.front()));
  co_return Ok();
}

}  // namespace tidemill::app
