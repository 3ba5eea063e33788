// An append-only log of checksummed frames in one file, with a fold: the catalog and the manifest
// use it.
//
// File: 16 bytes of header (8 magic, 4 version, 4 CRC), then frames: length u32, CRC32C u32 over
// length and payload, payload. A bad frame with nothing valid behind it is a torn tail: cut at open
// and reported. A bad frame with a valid one behind it is damage: Open fails with kCorrupt, naming
// file and offset. One caller at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"

namespace tidemill {

class FramedLog {
 public:
  struct Format {
    std::string_view magic;  // 8 bytes
    std::uint32_t version =
        1;  // a newer version on disk is refused in one sentence, and nothing is changed
    std::string_view what;  // "catalog", for messages
  };
  static constexpr std::size_t kFrameBytesMax = 256 << 20;

  // Creates the file (and its directory) if it is missing, else hands every frame to `replay` in
  // order; an error from `replay` stops and is returned. `cut_bytes`, if given, says how much torn
  // tail was cut.
  static Result<std::unique_ptr<FramedLog>> Open(
      FileSystem& fs, std::string path, Format format,
      const std::function<Status(std::string_view)>& replay, std::uint64_t* cut_bytes = nullptr);
  // All of them, durable when it returns ok. On an error nothing more may be appended: after a
  // failed fsync the file's content is unknown (every later call returns the same error).
  Status Append(const std::vector<std::string>& payloads);
  // Replaces the whole log by these frames, atomically (temporary file, fsync, rename, directory
  // fsync).
  Status Rewrite(const std::vector<std::string>& payloads);
  std::uint64_t bytes() const { return size_; }

 private:
  FramedLog(FileSystem& fs, std::string path, Format format)
      : fs_(fs), path_(std::move(path)), format_(format) {}
  FileSystem& fs_;
  const std::string path_;
  const Format format_;
  std::unique_ptr<File> file_;
  std::uint64_t size_ = 0;
  Status failure_ = Ok();
};

}  // namespace tidemill
