// The frames that server and worker exchange, as bytes: a fixed head, then a payload.
//
// One frame is one packet of a SOCK_SEQPACKET socket. A payload above kInlineBytesMax travels as
// sealed shared memory attached to the packet. What is inside a payload is known to messages.h and
// the codecs; the sockets to channel.h. Layout with a hex example: docs/formats/worker_protocol.md.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "plugin_host/shared_memory.h"

namespace tidemill::plugin_host {

inline constexpr std::uint8_t kProtocolVersion = 1;
inline constexpr std::size_t kFrameHeadBytes = 32;
inline constexpr std::size_t kInlineBytesMax = 32 << 10;
inline constexpr std::uint64_t kPayloadBytesMax = std::uint64_t{1} << 30;

enum class FrameType : std::uint8_t {
  // From the server.
  kRun = 1,
  kCancel = 2,
  kReply = 3,
  // From the worker.
  kReady = 16,
  kLog = 17,
  kQuery = 18,
  kWriteSync = 19,
  kCacheGet = 20,
  kCachePut = 21,
  kCacheDelete = 22,
  kFinished = 23,
};

struct FrameHead {
  FrameType type = FrameType::kRun;
  bool payload_is_shared = false;
  std::uint64_t run = 0;   // number of the run in this worker; 0 for kReady
  std::uint64_t call = 0;  // number of a call in its run, repeated by its kReply; else 0
  std::uint64_t payload_bytes = 0;
  bool operator==(const FrameHead&) const = default;
};

std::array<char, kFrameHeadBytes> EncodeHead(const FrameHead& head);
// `packet` is one whole packet from a worker. Checks every field, and that the payload is where the
// head says. Errors: kCorrupt, with what is wrong.
Result<FrameHead> DecodeHead(std::string_view packet);

// The bytes of a frame, wherever they are.
class Payload {
 public:
  Payload() = default;
  // Moves big ones into shared memory.
  static Result<Payload> From(std::string bytes);
  explicit Payload(SharedMemory received) : memory_(std::move(received)), is_shared_(true) {}

  bool is_shared() const { return is_shared_; }
  const SharedMemory& memory() const { return memory_; }
  std::uint64_t size() const { return is_shared_ ? size_ : text_.size(); }
  // Of a received or small payload.
  std::string_view bytes() const { return is_shared_ ? memory_.bytes() : text_; }

 private:
  std::string text_;
  SharedMemory memory_;
  bool is_shared_ = false;
  std::uint64_t size_ = 0;  // of shared memory made here
};

struct Frame {
  FrameHead head;  // payload_is_shared and payload_bytes are set from the payload when it is sent
  Payload payload;
};

}  // namespace tidemill::plugin_host
