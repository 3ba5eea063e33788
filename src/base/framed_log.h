// An append-only log of checksummed frames in one file, with a fold: the catalog and the manifest
// use it. Layout: docs/formats/framed_log.md.
//
// One Append is one frame, and it is synced before the next begins, so a valid frame proves that
// all before it were durable. A bad frame with nothing valid behind it is a torn tail: cut at open
// and reported. A bad frame with a valid one behind it is damage: Open fails with kCorrupt, naming
// file and offset. One caller at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
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

  // Creates the file (and its directory) if it is missing, else hands every payload to `replay` in
  // order; an error from `replay` stops and is returned, with file and offset. `cut_bytes`, if
  // given, says how much torn tail was cut.
  static Result<std::unique_ptr<FramedLog>> Open(
      FileSystem& fs, std::string path, Format format,
      const std::function<Status(std::string_view)>& replay, std::uint64_t* cut_bytes = nullptr);
  // Hands over every payload and changes nothing: a file that is not there is kNotFound, and a torn
  // tail is only reported. Otherwise as Open.
  static Status Read(FileSystem& fs, std::string path, Format format,
                     const std::function<Status(std::string_view)>& replay,
                     std::uint64_t& torn_bytes);
  // All of them, durable when it returns ok; after a crash all of them are there, or none. An error
  // of kUnavailable (the disk is full) or kTooLarge (more than kFrameBytesMax together) means that
  // nothing was appended, and the log can be used on. After any other error, above all a failed
  // sync, the file's content is unknown: every later call returns that same error.
  Status Append(const std::vector<std::string>& payloads);
  // Replaces the whole log by these payloads, atomically (temporary file, fsync, rename, directory
  // fsync). On an error of kUnavailable or kTooLarge the old log stays in use.
  Status Rewrite(const std::vector<std::string>& payloads);
  std::uint64_t bytes() const { return size_; }

 private:
  enum class TornTail { kCut, kKeep };

  FramedLog(FileSystem& fs, std::string path, Format format)
      : fs_(fs), path_(std::move(path)), format_(format) {}

  Status Load(const std::function<Status(std::string_view)>& replay, TornTail torn_tail,
              std::uint64_t& torn_bytes);
  Status CheckHeader() const;
  Status CheckTornTail(std::uint64_t offset, std::uint64_t file_bytes) const;
  Status CutTornTail(std::uint64_t offset);
  Status UndoWrite(Error failure);
  Status Fail(Error failure);
  Error Damage(std::uint64_t offset, std::string_view what) const;

  FileSystem& fs_;
  const std::string path_;
  const Format format_;
  std::unique_ptr<File> file_;
  std::uint64_t size_ = 0;  // where the next frame goes
  Status failure_ = Ok();   // of the first call after which the file's content is unknown
};

}  // namespace tidemill
