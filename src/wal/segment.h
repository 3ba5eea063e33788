// One segment file: its name, its header, and the writer that appends frames to it.
//
// A segment is allocated whole when it is created, so that groups rarely meet a full disk. It
// begins with a header and the state record, durable before the first group goes in; frames follow;
// the rest is zeros. Reading is in segment_reader.h, the row of segments in segment_log.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/file_system.h"
#include "base/ids.h"
#include "base/result.h"
#include "base/timestamp.h"
#include "wal/group_frame.h"

namespace tidemill::wal {

inline constexpr std::uint32_t kSegmentVersion = 1;
inline constexpr std::size_t kSegmentHeaderBytes = 64;

struct SegmentHeader {
  SegmentUuid uuid{};
  std::uint64_t number = 0;        // from 1, without gaps
  std::uint64_t group_before = 0;  // the last durable group before this segment
  Sequence sequence_before = 0;    // and its last sequence
  Timestamp created;
  bool operator==(const SegmentHeader&) const = default;
};

std::string EncodeSegmentHeader(const SegmentHeader& header);
// kCorrupt: no header, or a damaged one. kUnsupported: written by a newer version.
Result<SegmentHeader> DecodeSegmentHeader(std::string_view bytes, std::string_view path);

// "00000000000000000042.wal"
std::string SegmentFileName(std::uint64_t number);
std::optional<std::uint64_t> ParseSegmentFileName(std::string_view name);

// The first write to a preallocated block changes the file's metadata, and the sync of it waits for
// the file system's journal: half as long again, to twice as long, as over a block that was written
// before. So zeros are written ahead of small frames, this much at a time, and one sync in many
// pays for the others.
inline constexpr std::uint64_t kZeroAheadBytes = 1 << 20;
// A frame of this size moves more bytes than the zeros would save it from.
inline constexpr std::size_t kLargeFrameBytes = kZeroAheadBytes / 4;

// One thread at a time.
class SegmentWriter {
 public:
  // Creates the file with its header and a frame that holds `state` (an encoded record). Durable,
  // with its place in the directory, when it returns; after an error there is no such file.
  // kUnavailable: no space for it.
  static Result<std::unique_ptr<SegmentWriter>> Create(FileSystem& fs, const std::string& directory,
                                                       const SegmentHeader& header,
                                                       std::string_view state, std::uint64_t bytes);

  const SegmentHeader& header() const { return header_; }
  const std::string& path() const { return path_; }
  // Where the next frame goes: everything before is durable.
  std::uint64_t end() const { return end_; }
  bool HasRoomFor(std::size_t frame_bytes) const { return end_ + frame_bytes <= bytes_; }

  // One write, one fdatasync; with a small frame, now and then, zeros behind it (kZeroAheadBytes).
  // After an error the file holds an unknown part of the frame.
  Status Append(std::string_view frame);
  // Takes back what a failed Append may have left: cuts the file at end() and syncs it.
  Status CutBack();

 private:
  SegmentWriter(SegmentHeader header, std::string path, std::unique_ptr<File> file,
                std::uint64_t bytes)
      : header_(header), path_(std::move(path)), file_(std::move(file)), bytes_(bytes) {}

  const SegmentHeader header_;
  const std::string path_;
  const std::unique_ptr<File> file_;
  Status ZeroAhead(std::uint64_t from);

  const std::uint64_t bytes_;
  std::uint64_t end_ = 0;
  std::uint64_t zeroed_ = 0;  // blocks up to here have been written
};

}  // namespace tidemill::wal
