#include "plugin_host/messages.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "base/overload.h"
#include "base/strings.h"
#include "plugin_host/batch_codec.h"
#include "plugin_host/payload.h"
#include "plugin_host/result_codec.h"

namespace tidemill::plugin_host {
namespace {

constexpr std::uint8_t kCallWrite = 1;
constexpr std::uint8_t kCallSchedule = 2;
constexpr std::uint8_t kCallRequest = 3;

constexpr std::uint8_t kFinishedOk = 0;
constexpr std::uint8_t kFinishedFailed = 1;
constexpr std::uint8_t kFinishedCancelled = 2;

constexpr int kStatusMin = 100;
constexpr int kStatusMax = 999;

void WriteRequestCall(const engine::RequestCall& call, PayloadWriter& out) {
  out.Text(call.method);
  out.Text(call.path);
  out.Text(call.client);
  out.Count(call.query.size());
  for (const auto& [name, value] : call.query) {
    out.Text(name);
    out.Text(value);
  }
  out.Count(call.headers.size());
  for (const auto& [name, value] : call.headers) {
    out.Text(name);
    out.Text(value);
  }
  out.Text(call.body);
}

void WriteCall(const engine::Call& call, PayloadWriter& out) {
  std::visit(Overload{[&](const engine::WriteCall& write) {
                        out.Fixed(kCallWrite);
                        EncodeTables(write, out);
                      },
                      [&](const engine::ScheduleCall& schedule) {
                        out.Fixed(kCallSchedule);
                        out.Fixed(schedule.nominal.nanos());
                      },
                      [&](const engine::RequestCall& request) {
                        out.Fixed(kCallRequest);
                        WriteRequestCall(request, out);
                      }},
             call);
}

// A reply that begins as every successful one does.
struct OkReply {
  std::string bytes;
  PayloadWriter writer{bytes};
  OkReply() { writer.Bool(true); }
};

std::string ReadUtf8(PayloadReader& reader) {
  std::string text = reader.Text();
  if (!IsValidUtf8(text)) reader.Fail();
  return text;
}

LogMessage ReadLog(PayloadReader& reader) {
  LogMessage message;
  const auto severity = reader.Fixed<std::uint8_t>();
  if (severity > static_cast<std::uint8_t>(engine::LogSeverity::kError)) reader.Fail();
  message.severity = static_cast<engine::LogSeverity>(severity);
  message.text = ReadUtf8(reader);
  return message;
}

QueryMessage ReadQuery(PayloadReader& reader) {
  QueryMessage message;
  message.sql = ReadUtf8(reader);
  const auto count = reader.Count(8);
  for (std::uint32_t i = 0; i < count && reader.ok(); ++i) {
    std::string name = ReadUtf8(reader);
    message.parameters[std::move(name)] = ReadUtf8(reader);
  }
  message.database = ReadUtf8(reader);
  return message;
}

WriteSyncMessage ReadWriteSync(PayloadReader& reader) {
  WriteSyncMessage message;
  message.database = ReadUtf8(reader);
  message.lines = ReadUtf8(reader);
  message.no_sync = reader.Bool();
  return message;
}

CacheGetMessage ReadCacheGet(PayloadReader& reader) {
  CacheGetMessage message;
  message.key = ReadUtf8(reader);
  message.known_version = reader.Fixed<std::uint64_t>();
  return message;
}

CachePutMessage ReadCachePut(PayloadReader& reader) {
  CachePutMessage message;
  message.key = ReadUtf8(reader);
  if (reader.Bool()) {
    message.ttl_seconds = reader.Fixed<double>();
    if (!std::isfinite(*message.ttl_seconds) || *message.ttl_seconds < 0) reader.Fail();
  }
  message.pickled = reader.Text();
  return message;
}

// A header that could end the head of an HTTP message early must never get near one.
bool IsSafeHeader(std::string_view name, std::string_view value) {
  constexpr std::string_view kForbidden("\r\n\0", 3);
  return !name.empty() && name.find_first_of(kForbidden) == std::string_view::npos &&
         name.find_first_of(": ") == std::string_view::npos &&
         value.find_first_of(kForbidden) == std::string_view::npos;
}

engine::RequestAnswer ReadAnswer(PayloadReader& reader) {
  engine::RequestAnswer answer;
  answer.status = reader.Fixed<std::int32_t>();
  if (answer.status < kStatusMin || answer.status > kStatusMax) reader.Fail();
  const auto count = reader.Count(8);
  for (std::uint32_t i = 0; i < count && reader.ok(); ++i) {
    std::string name = reader.Text();
    std::string value = reader.Text();
    if (!IsSafeHeader(name, value)) reader.Fail();
    answer.headers.emplace_back(std::move(name), std::move(value));
  }
  answer.body = reader.Text();
  return answer;
}

engine::RunOutcome ReadOutcome(PayloadReader& reader) {
  switch (reader.Fixed<std::uint8_t>()) {
    case kFinishedOk: return engine::RunOutcome::kOk;
    case kFinishedFailed: return engine::RunOutcome::kFailed;
    case kFinishedCancelled: return engine::RunOutcome::kCancelled;
    default: reader.Fail(); return engine::RunOutcome::kFailed;
  }
}

FinishedMessage ReadFinished(PayloadReader& reader) {
  engine::RunResult result;
  result.outcome = ReadOutcome(reader);
  result.error = ReadUtf8(reader);
  result.traceback = ReadUtf8(reader);
  const auto outputs = reader.Count(8);
  for (std::uint32_t i = 0; i < outputs && reader.ok(); ++i) {
    std::string database = ReadUtf8(reader);
    result.outputs.push_back({std::move(database), ReadUtf8(reader)});
  }
  if (reader.Bool()) result.answer = ReadAnswer(reader);
  const bool is_ok = result.outcome == engine::RunOutcome::kOk;
  if (is_ok != result.error.empty()) reader.Fail();
  if (!is_ok && (!result.outputs.empty() || result.answer)) reader.Fail();
  return {std::move(result)};
}

WorkerMessage ReadMessage(FrameType type, PayloadReader& reader) {
  switch (type) {
    case FrameType::kReady: return ReadyMessage{ReadUtf8(reader)};
    case FrameType::kLog: return ReadLog(reader);
    case FrameType::kQuery: return ReadQuery(reader);
    case FrameType::kWriteSync: return ReadWriteSync(reader);
    case FrameType::kCacheGet: return ReadCacheGet(reader);
    case FrameType::kCachePut: return ReadCachePut(reader);
    case FrameType::kCacheDelete: return CacheDeleteMessage{ReadUtf8(reader)};
    case FrameType::kFinished: return ReadFinished(reader);
    case FrameType::kRun:
    case FrameType::kCancel:
    case FrameType::kReply: break;
  }
  reader.Fail();
  return ReadyMessage{};
}

}  // namespace

std::string EncodeRun(const engine::RunRequest& request, const PluginCode& plugin) {
  std::string bytes;
  PayloadWriter out(bytes);
  out.Text(request.run_id);
  out.Text(request.batch_id);
  out.Fixed(request.attempt);
  out.Fixed(request.trigger->id.value());
  out.Text(request.trigger->name);
  out.Text(request.database);
  out.Fixed(static_cast<std::int64_t>(request.time_limit.count()));
  out.Text(request.trigger->plugin_filename);
  out.Text(plugin.path);
  out.Bool(plugin.is_package);
  out.Bool(request.trigger->arguments.has_value());
  if (request.trigger->arguments) {
    out.Count(request.trigger->arguments->size());
    for (const auto& [name, value] : *request.trigger->arguments) {
      out.Text(name);
      out.Text(value);
    }
  }
  WriteCall(request.call, out);
  return bytes;
}

std::string EncodeErrorReply(std::string_view message) {
  std::string bytes;
  PayloadWriter out(bytes);
  out.Bool(false);
  out.Text(message);
  return bytes;
}

std::string EncodeEmptyReply() { return std::move(OkReply().bytes); }

std::string EncodeQueryReply(const engine::QueryRows& rows) {
  OkReply reply;
  EncodeResult(rows, reply.writer);
  return std::move(reply.bytes);
}

std::string EncodeCacheGetReply(CacheState state, std::uint64_t version, std::string_view pickled) {
  OkReply reply;
  reply.writer.Fixed(static_cast<std::uint8_t>(state));
  reply.writer.Fixed(version);
  reply.writer.Text(pickled);
  return std::move(reply.bytes);
}

std::string EncodeCachePutReply(std::uint64_t version) {
  OkReply reply;
  reply.writer.Fixed(version);
  return std::move(reply.bytes);
}

std::string EncodeCacheDeleteReply(bool was_there) {
  OkReply reply;
  reply.writer.Bool(was_there);
  return std::move(reply.bytes);
}

Result<WorkerMessage> DecodeWorkerMessage(FrameType type, std::string_view payload) {
  PayloadReader reader(payload);
  WorkerMessage message = ReadMessage(type, reader);
  if (!reader.AtEnd())
    return CorruptError(
        fmt::format("frame of type {} with a payload of {} bytes that cannot be read",
                    static_cast<int>(type), payload.size()));
  return message;
}

}  // namespace tidemill::plugin_host
