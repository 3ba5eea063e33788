#include "wal/segment.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <span>
#include <utility>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/log.h"
#include "base/status_macros.h"

namespace tidemill::wal {
namespace {

constexpr std::string_view kMagic = "TDMLWAL\n";
constexpr std::size_t kCrcOffset = 12;
constexpr std::size_t kCrcEnd = 16;
constexpr std::string_view kSuffix = ".wal";
constexpr std::size_t kNumberDigits = 20;

std::uint32_t HeaderCrc(std::string_view bytes) {
  return Crc32c(bytes.substr(kCrcEnd, kSegmentHeaderBytes - kCrcEnd),
                Crc32c(bytes.substr(0, kCrcOffset)));
}

std::span<const std::byte> AsBytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string FirstBytes(const SegmentHeader& header, std::string_view state) {
  GroupFrameBuilder frame;
  frame.Add(state);
  return EncodeSegmentHeader(header).append(frame.Seal({.segment = header.uuid,
                                                        .group = header.group_before,
                                                        .previous = header.group_before,
                                                        .first = header.sequence_before + 1,
                                                        .last = header.sequence_before}));
}

// A file of this name can only be the rest of a creation that failed.
Status RemoveLeftover(FileSystem& fs, const std::string& path) {
  const Status removed = fs.Remove(path);
  return !removed.ok() && removed.error().code == ErrorCode::kNotFound ? Ok() : removed;
}

}  // namespace

std::string EncodeSegmentHeader(const SegmentHeader& header) {
  std::string bytes(kMagic);
  ByteWriter writer(bytes);
  writer.Fixed(kSegmentVersion);
  writer.Fixed(std::uint32_t{0});  // the checksum, once the rest stands
  writer.Array(std::span<const std::uint8_t>(header.uuid));
  writer.Fixed(header.number);
  writer.Fixed(header.group_before);
  writer.Fixed(header.sequence_before);
  writer.Fixed(header.created.nanos());
  const std::uint32_t crc = HeaderCrc(bytes);
  std::memcpy(bytes.data() + kCrcOffset, &crc, sizeof crc);
  return bytes;
}

Result<SegmentHeader> DecodeSegmentHeader(std::string_view bytes, std::string_view path) {
  if (bytes.size() < kSegmentHeaderBytes || !bytes.starts_with(kMagic)) {
    return CorruptError(fmt::format("'{}' does not begin like a WAL segment", path));
  }
  ByteReader reader(bytes.substr(kMagic.size()));
  const auto version = reader.Fixed<std::uint32_t>();
  if (reader.Fixed<std::uint32_t>() != HeaderCrc(bytes)) {
    return CorruptError(fmt::format("'{}': the checksum of the segment header is wrong", path));
  }
  if (version > kSegmentVersion) {
    return Error{ErrorCode::kUnsupported,
                 fmt::format("'{}' has WAL format {}, this program reads up to {}: start the newer "
                             "program that wrote it",
                             path, version, kSegmentVersion)};
  }
  SegmentHeader header;
  std::memcpy(header.uuid.data(), reader.Bytes(header.uuid.size()).data(), header.uuid.size());
  header.number = reader.Fixed<std::uint64_t>();
  header.group_before = reader.Fixed<std::uint64_t>();
  header.sequence_before = reader.Fixed<std::uint64_t>();
  header.created = Timestamp(reader.Fixed<std::int64_t>());
  return header;
}

std::string SegmentFileName(std::uint64_t number) {
  return fmt::format("{:0{}}{}", number, kNumberDigits, kSuffix);
}

std::optional<std::uint64_t> ParseSegmentFileName(std::string_view name) {
  if (name.size() != kNumberDigits + kSuffix.size() || !name.ends_with(kSuffix)) {
    return std::nullopt;
  }
  std::uint64_t number = 0;
  const char* const end = name.data() + kNumberDigits;
  const auto parsed = std::from_chars(name.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end || number == 0) return std::nullopt;
  return number;
}

Result<std::unique_ptr<SegmentWriter>> SegmentWriter::Create(FileSystem& fs,
                                                             const std::string& directory,
                                                             const SegmentHeader& header,
                                                             std::string_view state,
                                                             std::uint64_t bytes) {
  const std::string path = directory + "/" + SegmentFileName(header.number);
  const std::string first_bytes = FirstBytes(header, state);
  const auto create = [&]() -> Result<std::unique_ptr<SegmentWriter>> {
    TRY(RemoveLeftover(fs, path));
    TRY_ASSIGN(std::unique_ptr<File> file, fs.Open(path, OpenMode::kCreateNew));
    TRY(file->Allocate(bytes));
    std::unique_ptr<SegmentWriter> writer(new SegmentWriter(header, path, std::move(file), bytes));
    TRY(writer->Append(first_bytes));
    TRY(fs.SyncDirectory(directory));
    return writer;
  };
  auto created = create();
  if (!created.ok()) {
    // Whatever is left is taken away before the number is used again, and at the next start.
    if (const Status removed = RemoveLeftover(fs, path); !removed.ok()) {
      Log(LogLevel::kWarn, "wal", "{}", removed.error().message);
    }
  }
  return created;
}

Status SegmentWriter::Append(std::string_view frame) {
  const std::uint64_t end = end_ + frame.size();
  TRY(file_->WriteAt(end_, AsBytes(frame)));
  if (end > zeroed_ && frame.size() < kLargeFrameBytes) TRY(ZeroAhead(end));
  TRY(file_->SyncData());
  end_ = end;
  return Ok();
}

// Behind the frame that is about to be synced: what reads as zeros is zeros, and stays no frame.
Status SegmentWriter::ZeroAhead(std::uint64_t from) {
  static const std::string zeros(kZeroAheadBytes, '\0');
  const std::uint64_t through = std::min(bytes_, from + kZeroAheadBytes);
  if (through <= from) return Ok();
  TRY(file_->WriteAt(from, AsBytes(std::string_view(zeros).substr(0, through - from))));
  zeroed_ = through;
  return Ok();
}

Status SegmentWriter::CutBack() {
  TRY(file_->Truncate(end_));
  return file_->SyncData();
}

}  // namespace tidemill::wal
