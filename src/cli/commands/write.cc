// `write`: line protocol from an argument, a file or standard input, in batches.
#include <fmt/format.h>

#include <istream>
#include <ostream>

#include "base/status_macros.h"
#include "cli/api.h"
#include "cli/batch_writer.h"
#include "cli/commands/commands.h"
#include "cli/connection.h"
#include "cli/line_batcher.h"
#include "cli/text_input.h"
#include "model/precision.h"

namespace tidemill::cli {
namespace {

constexpr std::chrono::nanoseconds kProgressInterval = std::chrono::seconds(1);

std::string Count(std::size_t count, std::string_view noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string PrintSummary(const WriteSummary& summary, std::chrono::nanoseconds took) {
  const double seconds = static_cast<double>(took.count()) / 1e9;
  const double rate = seconds > 0 ? static_cast<double>(summary.lines) / seconds : 0;
  return fmt::format("{}, {} in {}, {:.3f} s, {:.0f} lines/s", Count(summary.lines, "line"),
                     Count(summary.bytes, "byte"), Count(summary.requests, "request"), seconds,
                     rate);
}

class Write final : public Command {
 public:
  void Declare(Arguments& arguments) override;
  Status Check() override;
  Status Run(Context& context) override;

 private:
  std::string RequestTarget() const;
  Status SendAll(LineBatcher& batcher, BatchWriter& writer, Context& context) const;
  void Report(const WriteSummary& summary, std::chrono::nanoseconds took, Context& context) const;

  Connection connection_;
  TextInput input_{"line protocol"};
  std::string database_;
  std::string precision_;
  bool accept_partial_ = false;
  bool no_sync_ = false;
  bool gzip_ = false;
  bool quiet_ = false;
  std::size_t request_bytes_max_ = 10'485'760;
  std::size_t connections_ = 1;
};

void Write::Declare(Arguments& arguments) {
  Connection::DeclareDatabase(arguments, database_);
  input_.Declare(arguments, "LINE_PROTOCOL");
  arguments.Add(Flag{.name = "precision",
                     .letter = 'p',
                     .placeholder = "PRECISION",
                     .help = "Unit of the timestamps: auto, ns, us, ms or s (auto)",
                     .set = Text(precision_)});
  arguments.Add(Flag{.name = "accept-partial",
                     .help = "Store the good lines of a request that has bad ones",
                     .set = Switch(accept_partial_)});
  arguments.Add(Flag{.name = "no-sync",
                     .help = "Do not wait until the data is on the disk",
                     .set = Switch(no_sync_)});
  arguments.Add(Flag{.name = "gzip", .help = "Compress the requests", .set = Switch(gzip_)});
  arguments.Add(Flag{.name = "max-request-size",
                     .placeholder = "BYTES",
                     .help = "Split the input into requests of at most this size (10485760)",
                     .set = Number(request_bytes_max_, 1)});
  arguments.Add(Flag{.name = "max-concurrent-requests",
                     .placeholder = "N",
                     .help = "Requests at once; with more than 1, a point that stands twice in the "
                             "input may end as either (1)",
                     .set = Number(connections_, 1)});
  arguments.Add(Flag{.name = "quiet",
                     .letter = 'q',
                     .help = "Print nothing when all went well",
                     .set = Switch(quiet_)});
  connection_.DeclareHostOverride(arguments, "write-host", "INFLUXDB3_WRITE_HOST_URL");
  connection_.Declare(arguments);
}

Status Write::Check() {
  if (!precision_.empty() && !model::ParsePrecision(precision_)) {
    return InvalidError("--precision '" + precision_ + "': expected auto, ns, us, ms or s");
  }
  return input_.Check();
}

Status Write::Run(Context& context) {
  TRY_ASSIGN(const auto in, input_.Open(context));
  LineBatcher batcher(*in, request_bytes_max_);
  BatchWriter writer([&] { return connection_.Open(context); }, {.target = RequestTarget(),
                                                                 .gzip = gzip_,
                                                                 .accept_partial = accept_partial_,
                                                                 .connections = connections_});
  const auto start = context.clock.Steady();
  const Status sent = SendAll(batcher, writer, context);
  const WriteSummary summary = writer.summary();
  Report(summary, context.clock.Steady() - start, context);
  TRY(sent);
  if (summary.requests == 0) return InvalidError("the line protocol is empty");
  if (summary.rejected_lines > 0) {
    return InvalidError(Count(summary.rejected_lines, "line") + " rejected");
  }
  return Ok();
}

std::string Write::RequestTarget() const {
  http::Pairs parameters = {{"db", database_}};
  if (!precision_.empty()) parameters.emplace_back("precision", precision_);
  parameters.emplace_back("accept_partial", accept_partial_ ? "true" : "false");
  parameters.emplace_back("no_sync", no_sync_ ? "true" : "false");
  return Target("/api/v3/write_lp", parameters);
}

Status Write::SendAll(LineBatcher& batcher, BatchWriter& writer, Context& context) const {
  auto last_progress = context.clock.Steady();
  const auto start = last_progress;
  Status read = Ok();
  for (;;) {
    auto batch = batcher.Next();
    if (!batch.ok()) {
      read = std::move(batch).error();
      break;
    }
    if (!*batch || !writer.Send(std::move(**batch))) break;
    const auto now = context.clock.Steady();
    if (quiet_ || now - last_progress < kProgressInterval) continue;
    last_progress = now;
    context.console.err << PrintSummary(writer.summary(), now - start) << " ...\n";
  }
  TRY(writer.Finish());
  return read;
}

// To standard error, so that standard output stays free for scripts.
void Write::Report(const WriteSummary& summary, std::chrono::nanoseconds took,
                   Context& context) const {
  for (const std::string& rejection : summary.rejections) context.console.err << rejection << "\n";
  if (summary.rejected_lines > summary.rejections.size()) {
    context.console.err << "... and " << summary.rejected_lines - summary.rejections.size()
                        << " more\n";
  }
  if (!quiet_ && summary.requests > 0) {
    context.console.err << "wrote " << PrintSummary(summary, took) << "\n";
  }
}

}  // namespace

std::unique_ptr<Command> MakeWrite() { return std::make_unique<Write>(); }

}  // namespace tidemill::cli
