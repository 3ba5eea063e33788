// Reads one segment file: its header, the frame at an offset, and the next frame behind damage.
//
// Sizes are checked against the file before anything is allocated. Judges nothing: whether missing
// bytes are a torn tail or damage is for replay.cc to say.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "wal/group_frame.h"
#include "wal/segment.h"
#include "wal/wal.h"

namespace tidemill::wal {

struct Frame {
  GroupHeader header;
  std::uint64_t offset = 0;
  std::string bytes;  // whole

  std::uint64_t end() const { return offset + bytes.size(); }
  std::string_view body() const { return std::string_view(bytes).substr(kGroupHeaderBytes); }
};

// The records of a frame with a sequence above `after`, up to `bytes_max` bytes of them but at
// least one. Error: kCorrupt.
Result<std::vector<CommittedRecord>> DecodeFrame(const Frame& frame, Sequence after,
                                                 std::uint64_t bytes_max);

class SegmentReader {
 public:
  static Result<SegmentReader> Open(FileSystem& fs, std::string path);

  const std::string& path() const { return path_; }
  std::uint64_t size() const { return size_; }

  Result<SegmentHeader> ReadHeader() const;
  // The intact frame that begins at `offset`; nullopt: none does.
  Result<std::optional<Frame>> ReadFrame(std::uint64_t offset) const;
  // The first intact frame at or behind `offset` that holds a group; of this segment only, if it
  // is given.
  Result<std::optional<Frame>> FindGroup(std::uint64_t offset,
                                         const std::optional<SegmentUuid>& segment) const;
  // Where the last byte that is not zero ends; `offset` if there is none behind it.
  Result<std::uint64_t> EndOfData(std::uint64_t offset) const;
  // Fewer bytes than asked for only at the end of the file.
  Result<std::string> ReadBytes(std::uint64_t offset, std::uint64_t count) const;

 private:
  SegmentReader(std::string path, std::unique_ptr<File> file, std::uint64_t size)
      : path_(std::move(path)), file_(std::move(file)), size_(size) {}

  std::string path_;
  std::unique_ptr<File> file_;
  std::uint64_t size_ = 0;
};

}  // namespace tidemill::wal
