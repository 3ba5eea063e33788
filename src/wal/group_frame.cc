#include "wal/group_frame.h"

#include <cstring>
#include <limits>

#include "base/bytes.h"
#include "base/check.h"
#include "base/crc32c.h"

namespace tidemill::wal {
namespace {

constexpr std::size_t kCrcOffset = 4;
constexpr std::size_t kCrcEnd = 8;

std::uint32_t FrameCrc(std::string_view frame) { return Crc32c(frame.substr(kCrcEnd)); }

void Put(std::string& frame, std::size_t offset, std::string_view bytes) {
  std::memcpy(frame.data() + offset, bytes.data(), bytes.size());
}

std::string HeaderBytes(const GroupHeader& header) {
  std::string bytes;
  ByteWriter writer(bytes);
  writer.Fixed(kGroupMagic);
  writer.Fixed(std::uint32_t{0});  // the checksum, once the rest stands
  writer.Fixed(header.body_bytes);
  writer.Fixed(header.records);
  writer.Array(std::span<const std::uint8_t>(header.segment));
  writer.Fixed(header.group);
  writer.Fixed(header.previous);
  writer.Fixed(header.first);
  writer.Fixed(header.last);
  return bytes;
}

bool IsPlausible(const GroupHeader& header) {
  if (header.holds_state()) return header.last + 1 == header.first && header.records == 1;
  return header.first > 0 && header.previous < header.group &&
         header.records == header.last - header.first + 1;
}

}  // namespace

void GroupFrameBuilder::Add(std::string_view record) {
  ByteWriter writer(frame_);
  writer.Fixed(static_cast<std::uint32_t>(record.size()));
  frame_.append(record);
  ++records_;
}

std::string_view GroupFrameBuilder::Seal(GroupHeader header) {
  const std::size_t body_bytes = frame_.size() - kGroupHeaderBytes;
  CHECK(body_bytes <= std::numeric_limits<std::uint32_t>::max()) << "a WAL group over 4 GiB";
  header.records = records_;
  header.body_bytes = static_cast<std::uint32_t>(body_bytes);
  CHECK(IsPlausible(header)) << "WAL group " << header.group << " has " << records_
                             << " records for sequences " << header.first << " to " << header.last;
  Put(frame_, 0, HeaderBytes(header));
  const std::uint32_t crc = FrameCrc(frame_);
  Put(frame_, kCrcOffset, {reinterpret_cast<const char*>(&crc), sizeof crc});
  return frame_;
}

std::optional<GroupHeader> PeekGroupHeader(std::string_view bytes) {
  ByteReader reader(bytes);
  if (reader.Fixed<std::uint32_t>() != kGroupMagic) return std::nullopt;
  reader.Fixed<std::uint32_t>();
  GroupHeader header;
  header.body_bytes = reader.Fixed<std::uint32_t>();
  header.records = reader.Fixed<std::uint32_t>();
  const std::string_view uuid = reader.Bytes(header.segment.size());
  if (!reader.ok()) return std::nullopt;
  std::memcpy(header.segment.data(), uuid.data(), uuid.size());
  header.group = reader.Fixed<std::uint64_t>();
  header.previous = reader.Fixed<std::uint64_t>();
  header.first = reader.Fixed<std::uint64_t>();
  header.last = reader.Fixed<std::uint64_t>();
  if (!reader.ok() || !IsPlausible(header)) return std::nullopt;
  return header;
}

bool IsFrameIntact(std::string_view frame) {
  const auto header = PeekGroupHeader(frame);
  if (!header || frame.size() != kGroupHeaderBytes + header->body_bytes) return false;
  ByteReader reader(frame.substr(kCrcOffset));
  return reader.Fixed<std::uint32_t>() == FrameCrc(frame);
}

std::optional<std::string_view> GroupBody::Next() {
  if (rest_.empty()) return std::nullopt;
  ByteReader reader(rest_);
  const auto length = reader.Fixed<std::uint32_t>();
  const std::string_view record = reader.Bytes(length);
  if (!reader.ok()) {
    ok_ = false;
    return std::nullopt;
  }
  rest_.remove_prefix(sizeof length + record.size());
  return record;
}

}  // namespace tidemill::wal
