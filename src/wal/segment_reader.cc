#include "wal/segment_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <utility>

#include "base/status_macros.h"

namespace tidemill::wal {
namespace {

constexpr std::uint64_t kScanBytes = 1 << 20;

std::string_view MagicBytes() {
  return {reinterpret_cast<const char*>(&kGroupMagic), sizeof kGroupMagic};
}

}  // namespace

Result<std::vector<CommittedRecord>> DecodeFrame(const Frame& frame, Sequence after,
                                                 std::uint64_t bytes_max) {
  std::vector<CommittedRecord> records;
  GroupBody body(frame.body());
  std::uint64_t bytes = 0;
  Sequence sequence = frame.header.first;
  for (; auto encoded = body.Next(); ++sequence) {
    if (sequence <= after) continue;
    if (!records.empty() && bytes + encoded->size() > bytes_max) return records;
    TRY_ASSIGN(auto record, DecodeRecord(*encoded));
    bytes += encoded->size();
    records.push_back({.sequence = sequence,
                       .record = std::move(record),
                       .bytes = static_cast<std::uint32_t>(encoded->size())});
  }
  if (!body.ok() || sequence - frame.header.first != frame.header.records) {
    return CorruptError(fmt::format("WAL group {} does not hold its {} records", frame.header.group,
                                    frame.header.records));
  }
  return records;
}

Result<SegmentReader> SegmentReader::Open(FileSystem& fs, std::string path) {
  TRY_ASSIGN(std::unique_ptr<File> file, fs.Open(path, OpenMode::kRead));
  TRY_ASSIGN(const std::uint64_t size, file->Size());
  return SegmentReader(std::move(path), std::move(file), size);
}

Result<std::string> SegmentReader::ReadBytes(std::uint64_t offset, std::uint64_t count) const {
  if (offset >= size_) return std::string();
  std::string bytes(std::min(count, size_ - offset), '\0');
  TRY_ASSIGN(const std::size_t read,
             file_->ReadAt(offset, std::as_writable_bytes(std::span(bytes))));
  bytes.resize(read);
  return bytes;
}

Result<SegmentHeader> SegmentReader::ReadHeader() const {
  TRY_ASSIGN(const std::string bytes, ReadBytes(0, kSegmentHeaderBytes));
  return DecodeSegmentHeader(bytes, path_);
}

Result<std::optional<Frame>> SegmentReader::ReadFrame(std::uint64_t offset) const {
  TRY_ASSIGN(std::string head, ReadBytes(offset, kGroupHeaderBytes));
  const auto header = PeekGroupHeader(head);
  if (!header || header->body_bytes > size_ - offset - kGroupHeaderBytes) {
    return std::optional<Frame>();
  }
  TRY_ASSIGN(std::string bytes, ReadBytes(offset, kGroupHeaderBytes + header->body_bytes));
  if (!IsFrameIntact(bytes)) return std::optional<Frame>();
  return std::optional(Frame{.header = *header, .offset = offset, .bytes = std::move(bytes)});
}

Result<std::optional<Frame>> SegmentReader::FindGroup(
    std::uint64_t offset, const std::optional<SegmentUuid>& segment) const {
  // Pieces overlap by a header, so that one that lies across a border is seen whole.
  for (; offset < size_; offset += kScanBytes) {
    TRY_ASSIGN(const std::string piece, ReadBytes(offset, kScanBytes + kGroupHeaderBytes));
    for (std::size_t at = piece.find(MagicBytes()); at < kScanBytes && at != std::string::npos;
         at = piece.find(MagicBytes(), at + 1)) {
      const auto header = PeekGroupHeader(std::string_view(piece).substr(at));
      if (!header || header->holds_state()) continue;
      if (segment && header->segment != *segment) continue;
      TRY_ASSIGN(auto frame, ReadFrame(offset + at));
      if (frame) return frame;
    }
  }
  return std::optional<Frame>();
}

Result<std::uint64_t> SegmentReader::EndOfData(std::uint64_t offset) const {
  std::uint64_t end = offset;
  for (; offset < size_; offset += kScanBytes) {
    TRY_ASSIGN(const std::string piece, ReadBytes(offset, kScanBytes));
    const std::size_t last = piece.find_last_not_of('\0');
    if (last != std::string::npos) end = offset + last + 1;
  }
  return end;
}

}  // namespace tidemill::wal
