// What the payloads of frames mean: each message with its two directions.
//
// Encoding is ours and trusted; decoding reads what a worker wrote and checks every byte: an error
// means that the worker must go. Batches and query results are in batch_codec.h and
// result_codec.h. Layout: docs/formats/worker_protocol.md.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "engine/ports.h"
#include "plugin_host/frames.h"
#include "plugin_host/plugin_files.h"

namespace tidemill::plugin_host {

// ---- To the worker

// The payload of kRun: everything about the run, its call last.
std::string EncodeRun(const engine::RunRequest& request, const PluginCode& plugin);

// Payloads of kReply. The first byte says whether the call succeeded.
std::string EncodeErrorReply(std::string_view message);
std::string EncodeEmptyReply();
std::string EncodeQueryReply(const engine::QueryRows& rows);
enum class CacheState : std::uint8_t { kAbsent = 0, kUnchanged = 1, kValue = 2 };
std::string EncodeCacheGetReply(CacheState state, std::uint64_t version, std::string_view pickled);
std::string EncodeCachePutReply(std::uint64_t version);
std::string EncodeCacheDeleteReply(bool was_there);

// ---- From the worker

struct ReadyMessage {
  std::string python_version;
};
struct LogMessage {
  engine::LogSeverity severity = engine::LogSeverity::kInfo;
  std::string text;
};
struct QueryMessage {
  std::string sql;
  std::map<std::string, std::string> parameters;
  std::string database;
};
struct WriteSyncMessage {
  std::string database;
  std::string lines;
  bool no_sync = false;
};
struct CacheGetMessage {
  std::string key;
  std::uint64_t known_version = 0;  // 0: the worker holds none
};
struct CachePutMessage {
  std::string key;
  std::optional<double> ttl_seconds;
  std::string pickled;
};
struct CacheDeleteMessage {
  std::string key;
};
// outcome is kOk, kFailed or kCancelled.
struct FinishedMessage {
  engine::RunResult result;
};
using WorkerMessage =
    std::variant<ReadyMessage, LogMessage, QueryMessage, WriteSyncMessage, CacheGetMessage,
                 CachePutMessage, CacheDeleteMessage, FinishedMessage>;

Result<WorkerMessage> DecodeWorkerMessage(FrameType type, std::string_view payload);

}  // namespace tidemill::plugin_host
