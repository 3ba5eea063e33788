// The unit of the log: one frame holds the records of one group, and one checksum covers all of it.
//
// One group is in flight at a time, so a valid frame proves that every earlier group was durable.
// A frame names its segment: bytes of another file, or of an earlier life of this one, never pass
// for one of its groups. The first frame of a segment holds its state record and no group (its
// last sequence is one below its first). Layout: docs/formats/wal.md. Pure bytes, no files.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"

namespace tidemill::wal {

using SegmentUuid = std::array<std::uint8_t, 16>;

struct GroupHeader {
  SegmentUuid segment{};
  std::uint64_t group = 0;     // from 1; a group that failed leaves its number unused
  std::uint64_t previous = 0;  // the last durable group before this one
  Sequence first = 0;
  Sequence last = 0;
  std::uint32_t records = 0;
  std::uint32_t body_bytes = 0;

  bool holds_state() const { return last < first; }
  bool operator==(const GroupHeader&) const = default;
};

inline constexpr std::size_t kGroupHeaderBytes = 64;
inline constexpr std::uint32_t kGroupMagic = 0x474d4454;  // "TDMG"
// Where a frame's segment uuid stands, for searching.
inline constexpr std::size_t kGroupUuidOffset = 16;

// Builds one frame: records first, then the header that seals them.
class GroupFrameBuilder {
 public:
  GroupFrameBuilder() { frame_.resize(kGroupHeaderBytes); }
  // Room for records of so many bytes together: a large frame is not copied as it grows.
  void Reserve(std::size_t records, std::size_t bytes) {
    frame_.reserve(kGroupHeaderBytes + records * sizeof(std::uint32_t) + bytes);
  }
  void Add(std::string_view record);
  // `header.records` and `body_bytes` are filled in here. The result lives as long as the builder.
  std::string_view Seal(GroupHeader header);
  std::size_t bytes() const { return frame_.size(); }

 private:
  std::string frame_;
  std::uint32_t records_ = 0;
};

// The header, if these bytes begin with one that could be true. It is not checked yet: the checksum
// covers the body too.
std::optional<GroupHeader> PeekGroupHeader(std::string_view bytes);
// `frame` is the whole frame: header and body.
bool IsFrameIntact(std::string_view frame);

// Goes through the records of an intact frame's body, in order.
class GroupBody {
 public:
  explicit GroupBody(std::string_view body) : rest_(body) {}
  // nullopt: the end, or bytes that are no record list (then ok() is false).
  std::optional<std::string_view> Next();
  bool ok() const { return ok_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace tidemill::wal
