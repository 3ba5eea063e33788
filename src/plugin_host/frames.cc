#include "plugin_host/frames.h"

#include <fmt/format.h>

#include <cstring>
#include <utility>

#include "base/bytes.h"
#include "base/status_macros.h"

namespace tidemill::plugin_host {
namespace {

constexpr std::uint16_t kFlagShared = 1;

bool IsFromWorker(std::uint8_t type) {
  return type >= static_cast<std::uint8_t>(FrameType::kReady) &&
         type <= static_cast<std::uint8_t>(FrameType::kFinished);
}

}  // namespace

std::array<char, kFrameHeadBytes> EncodeHead(const FrameHead& head) {
  const std::uint64_t inline_bytes = head.payload_is_shared ? 0 : head.payload_bytes;
  std::string bytes;
  ByteWriter writer(bytes);
  writer.Fixed(static_cast<std::uint32_t>(kFrameHeadBytes + inline_bytes));
  writer.Fixed(kProtocolVersion);
  writer.Fixed(static_cast<std::uint8_t>(head.type));
  writer.Fixed(static_cast<std::uint16_t>(head.payload_is_shared ? kFlagShared : 0));
  writer.Fixed(head.run);
  writer.Fixed(head.call);
  writer.Fixed(head.payload_bytes);
  std::array<char, kFrameHeadBytes> out;
  CHECK(bytes.size() == out.size());
  std::memcpy(out.data(), bytes.data(), out.size());
  return out;
}

Result<FrameHead> DecodeHead(std::string_view packet) {
  ByteReader reader(packet);
  const auto packet_bytes = reader.Fixed<std::uint32_t>();
  const auto version = reader.Fixed<std::uint8_t>();
  const auto type = reader.Fixed<std::uint8_t>();
  const auto flags = reader.Fixed<std::uint16_t>();
  FrameHead head;
  head.run = reader.Fixed<std::uint64_t>();
  head.call = reader.Fixed<std::uint64_t>();
  head.payload_bytes = reader.Fixed<std::uint64_t>();
  if (!reader.ok())
    return CorruptError(fmt::format("frame of {} bytes is too short", packet.size()));
  if (packet_bytes != packet.size())
    return CorruptError(
        fmt::format("frame says {} bytes, its packet has {}", packet_bytes, packet.size()));
  if (version != kProtocolVersion)
    return CorruptError(
        fmt::format("frame of protocol {}, expected {}", version, kProtocolVersion));
  if (!IsFromWorker(type)) return CorruptError(fmt::format("frame of unknown type {}", type));
  if ((flags & ~kFlagShared) != 0) return CorruptError(fmt::format("frame has flags {:#x}", flags));
  head.type = static_cast<FrameType>(type);
  head.payload_is_shared = (flags & kFlagShared) != 0;
  if (head.payload_bytes > kPayloadBytesMax)
    return CorruptError(fmt::format("frame with a payload of {} bytes, at most {} are allowed",
                                    head.payload_bytes, kPayloadBytesMax));
  const std::uint64_t expected_inline = head.payload_is_shared ? 0 : head.payload_bytes;
  if (reader.remaining() != expected_inline)
    return CorruptError(fmt::format("frame announces {} bytes of payload, {} are in its packet",
                                    expected_inline, reader.remaining()));
  return head;
}

Result<Payload> Payload::From(std::string bytes) {
  Payload payload;
  if (bytes.size() <= kInlineBytesMax) {
    payload.text_ = std::move(bytes);
    return payload;
  }
  if (bytes.size() > kPayloadBytesMax)
    return Error{ErrorCode::kTooLarge, fmt::format("{} bytes for one frame, at most {} are allowed",
                                                   bytes.size(), kPayloadBytesMax)};
  TRY_ASSIGN(payload.memory_, SharedMemory::From(bytes));
  payload.is_shared_ = true;
  payload.size_ = bytes.size();
  return payload;
}

}  // namespace tidemill::plugin_host
