#include "ingest/write_service.h"

#include <fmt/format.h>

#include <utility>

#include "base/status_macros.h"
#include "base/strings.h"
#include "lineproto/parser.h"
#include "model/names.h"

namespace tidemill::ingest {
namespace {

// Offsets into a body are 32 bits wide. Far above any limit on requests.
constexpr std::size_t kBodyBytesMax = std::size_t{1} << 31;
// Each round is lost to another writer's schema change, so more than a few mean a fault.
constexpr int kSchemaRoundsMax = 20;

Status CheckRequest(const WriteRequest& request) {
  const bool is_internal = request.database == model::kInternalDatabase;
  if (is_internal && !request.internal)
    return InvalidError(
        "database '_internal' is written by the server alone: name another database");
  if (!is_internal) {
    TRY(model::ValidateDatabaseName(request.database));
  }
  if (request.body.size() > kBodyBytesMax)
    return Error{ErrorCode::kTooLarge, fmt::format("a write of {} bytes exceeds the maximum of {}",
                                                   request.body.size(), kBodyBytesMax)};
  if (!IsValidUtf8(request.body))
    return InvalidError("body content is not valid utf8: line protocol is UTF-8 text");
  return Ok();
}

lineproto::ParsedLines ParseBody(const WriteRequest& request, Timestamp received,
                                 const model::Limits& limits) {
  lineproto::ParseOptions options;
  options.precision = request.precision;
  options.default_time = model::TruncateTo(received, request.precision);
  options.string_bytes_max = limits.string_bytes_max;
  options.errors_kept_max = kRejectedLinesMax;
  return lineproto::Parse(request.body, options);
}

// Functions, because g++ 12 destroys the parts of an aggregate twice when it is made within the
// expression of a co_await.
catalog::Change MissingSchema(const WriteRequest& request, const Verdict& verdict) {
  return catalog::ExtendSchema{.database = request.database, .tables = verdict.missing};
}

wal::RowsRecord MakeRecord(const WriteRequest& request, Timestamp received,
                           const catalog::Snapshot& snapshot) {
  return {.database = snapshot.FindDatabase(request.database)->id,
          .catalog_sequence = snapshot.sequence,
          .origin = request.origin,
          .depth = request.depth,
          .received = received,
          .tables = {}};
}

}  // namespace

WriteService::WriteService(Clock& clock, catalog::Catalog& catalog, wal::Wal& wal,
                           storage::Storage& storage, observe::Metrics& metrics)
    : clock_(clock),
      catalog_(catalog),
      wal_(wal),
      storage_(storage),
      metrics_(metrics),
      lines_written_(metrics.counter("influxdb3_write_lines", "Lines of line protocol written")),
      lines_rejected_(
          metrics.counter("influxdb3_write_lines_rejected", "Lines of line protocol rejected")),
      bytes_written_(metrics.counter("influxdb3_write_bytes",
                                     "Bytes of line protocol in writes that stored lines")) {}

Task<Result<WriteOutcome>> WriteService::Write(const WriteRequest& request) {
  Result<WriteOutcome> outcome = co_await Store(request);
  Count(request, outcome);
  co_return outcome;
}

Task<Result<WriteOutcome>> WriteService::Store(const WriteRequest& request) {
  CO_TRY(storage_.AdmitWrite());  // before any work: a full buffer is no time for parsing
  CO_TRY_ASSIGN(Prepared prepared, co_await Prepare(request));
  WriteOutcome outcome;
  outcome.lines_written = prepared.lines;
  outcome.lines_rejected = prepared.lines_rejected;
  outcome.rejected = std::move(prepared.rejected);
  if (prepared.lines > 0) {
    const wal::Ticket ticket = wal_.Append(std::move(prepared.record), &outcome.sequence);
    const bool is_refused = outcome.sequence == 0;
    if (!request.no_sync || is_refused) {
      CO_TRY(co_await ticket);  // durable and visible, or the reason why not
    }
  }
  co_return outcome;
}

Task<Result<WriteService::Prepared>> WriteService::Prepare(const WriteRequest& request) {
  CO_TRY(CheckRequest(request));
  const Timestamp received = clock_.Now();
  lineproto::ParsedLines lines = ParseBody(request, received, catalog_.limits());
  if (lines.line_count == 0) co_return InvalidError("incoming write was empty");
  CO_TRY_ASSIGN(Checked checked, co_await CheckAndExtendSchema(lines, request));

  Prepared prepared;
  prepared.lines_rejected = checked.verdict.rejected_count;
  prepared.rejected = std::move(checked.verdict.rejected);
  const bool is_refused = prepared.lines_rejected > 0 && !request.accept_partial;
  if (is_refused || prepared.lines_rejected == lines.line_count) co_return prepared;
  prepared.lines = lines.line_count - prepared.lines_rejected;
  prepared.record = MakeRecord(request, received, *checked.snapshot);
  prepared.record.tables = TakeRows(lines, checked.verdict);
  co_return prepared;
}

// What is missing is committed, and the lines are checked again: another writer may have been first
// with other columns, and then its columns are the ones that count.
Task<Result<WriteService::Checked>> WriteService::CheckAndExtendSchema(
    const lineproto::ParsedLines& lines, const WriteRequest& request) {
  Checked checked;
  checked.snapshot = catalog_.Get();
  for (int round = 0; round < kSchemaRoundsMax; ++round) {
    checked.verdict =
        Validate(lines, request.body, *checked.snapshot, request.database, catalog_.limits());
    const bool is_refused = checked.verdict.rejected_count > 0 && !request.accept_partial;
    if (checked.verdict.missing.empty() || is_refused) co_return checked;
    auto extended = co_await catalog_.Commit(MissingSchema(request, checked.verdict));
    if (extended.ok()) {
      checked.snapshot = std::move(extended).value();
      continue;
    }
    // Another writer may have taken the last room; then the newest snapshot says so line by line.
    const catalog::Catalog::SnapshotPtr newest = catalog_.Get();
    const bool was_overtaken = newest->sequence > checked.snapshot->sequence;
    if (extended.error().code != ErrorCode::kLimit || !was_overtaken)
      co_return std::move(extended).error();
    checked.snapshot = newest;
  }
  co_return UnavailableError("the schema of database '" + request.database +
                             "' keeps changing under this write: try again");
}

void WriteService::Count(const WriteRequest& request, const Result<WriteOutcome>& outcome) {
  if (!outcome.ok()) {
    const std::string reason(ErrorCodeName(outcome.error().code));
    metrics_
        .counter("tidemill_writes_refused_total", "Writes of which nothing was stored",
                 {{"reason", reason}})
        .Add();
    return;
  }
  lines_written_.Add(outcome->lines_written);
  lines_rejected_.Add(outcome->lines_rejected);
  if (outcome->lines_written > 0) bytes_written_.Add(request.body.size());
}

}  // namespace tidemill::ingest
