#include "base/framed_log.h"

#include <fmt/format.h>

#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/check.h"
#include "base/crc32c.h"
#include "base/status_macros.h"

namespace tidemill {
namespace {

constexpr std::size_t kMagicBytes = 8;
constexpr std::size_t kHeaderBytes = 16;
constexpr std::size_t kFrameHeaderBytes = 12;
// Starts every frame. f7 occurs in no UTF-8 text, so names that users chose do not look like it.
constexpr std::string_view kFrameMarker = "\xf7TMF";
// Rewrite starts a new frame here, so that a reader needs little memory whatever the log's size.
constexpr std::size_t kRewriteFrameBytes = 1 << 20;

std::span<const std::byte> AsBytes(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string EncodeHeader(const FramedLog::Format& format) {
  std::string out(format.magic);
  ByteWriter writer(out);
  writer.Fixed(format.version);
  writer.Fixed(Crc32c(out));
  return out;
}

std::string EncodeFrame(std::string_view body) {
  std::string out;
  out.reserve(kFrameHeaderBytes + body.size());
  out += kFrameMarker;
  ByteWriter writer(out);
  const auto length = static_cast<std::uint32_t>(body.size());
  writer.Fixed(length);
  writer.Fixed(Crc32c(body, Crc32c(std::as_bytes(std::span(&length, 1)))));
  out += body;
  return out;
}

void AppendPayload(std::string& body, std::string_view payload) {
  ByteWriter(body).Fixed(static_cast<std::uint32_t>(payload.size()));
  body += payload;
}

std::size_t BodyBytes(std::string_view payload) { return sizeof(std::uint32_t) + payload.size(); }

struct FrameHeader {
  std::uint32_t body_bytes = 0;
  std::uint32_t crc = 0;
};

// nullopt: no frame starts here that could end within `available` bytes.
std::optional<FrameHeader> DecodeFrameHeader(std::string_view bytes, std::uint64_t available) {
  if (bytes.size() < kFrameHeaderBytes || !bytes.starts_with(kFrameMarker)) return std::nullopt;
  ByteReader reader(bytes.substr(kFrameMarker.size()));
  FrameHeader header;
  header.body_bytes = reader.Fixed<std::uint32_t>();
  header.crc = reader.Fixed<std::uint32_t>();
  if (header.body_bytes > FramedLog::kFrameBytesMax ||
      header.body_bytes > available - kFrameHeaderBytes)
    return std::nullopt;
  return header;
}

bool CrcMatches(const FrameHeader& header, std::string_view body) {
  return header.crc == Crc32c(body, Crc32c(std::as_bytes(std::span(&header.body_bytes, 1))));
}

// Exactly `length` bytes, which the file is known to have.
Result<std::string> ReadExactly(const File& file, std::uint64_t offset, std::size_t length) {
  std::string bytes(length, '\0');
  TRY_ASSIGN(const std::size_t got,
             file.ReadAt(offset, std::as_writable_bytes(std::span(bytes.data(), bytes.size()))));
  if (got != length)
    return IoError(
        fmt::format("read at offset {} gave {} bytes, expected {}", offset, got, length));
  return bytes;
}

// The body of the frame at `offset`, nullopt when there is no valid frame.
Result<std::optional<std::string>> ReadFrame(const File& file, std::uint64_t offset,
                                             std::uint64_t file_bytes) {
  const std::uint64_t available = file_bytes - offset;
  if (available < kFrameHeaderBytes) return std::optional<std::string>();
  TRY_ASSIGN(const std::string header_bytes, ReadExactly(file, offset, kFrameHeaderBytes));
  const auto header = DecodeFrameHeader(header_bytes, available);
  if (!header) return std::optional<std::string>();
  TRY_ASSIGN(std::string body, ReadExactly(file, offset + kFrameHeaderBytes, header->body_bytes));
  if (!CrcMatches(*header, body)) return std::optional<std::string>();
  return std::optional<std::string>(std::move(body));
}

// Where the first valid frame starts in `bytes`.
std::optional<std::size_t> FindFrame(std::string_view bytes) {
  for (std::size_t at = bytes.find(kFrameMarker); at != std::string_view::npos;
       at = bytes.find(kFrameMarker, at + 1)) {
    const std::string_view frame = bytes.substr(at);
    const auto header = DecodeFrameHeader(frame, frame.size());
    if (header && CrcMatches(*header, frame.substr(kFrameHeaderBytes, header->body_bytes)))
      return at;
  }
  return std::nullopt;
}

}  // namespace

Result<std::unique_ptr<FramedLog>> FramedLog::Open(
    FileSystem& fs, std::string path, Format format,
    const std::function<Status(std::string_view)>& replay, std::uint64_t* cut_bytes) {
  CHECK(format.magic.size() == kMagicBytes) << "magic '" << format.magic << "'";
  TRY(CreateDirectoriesDurably(fs, ParentDirectory(path)));
  TRY_ASSIGN(const bool exists, fs.Exists(path));
  if (!exists) TRY(WriteFileAtomically(fs, path, EncodeHeader(format)));

  std::unique_ptr<FramedLog> log(new FramedLog(fs, std::move(path), format));
  TRY_ASSIGN(log->file_, fs.Open(log->path_, OpenMode::kReadWrite));
  std::uint64_t cut = 0;
  TRY(log->Load(replay, TornTail::kCut, cut));
  if (cut_bytes != nullptr) *cut_bytes = cut;
  return log;
}

Status FramedLog::Read(FileSystem& fs, std::string path, Format format,
                       const std::function<Status(std::string_view)>& replay,
                       std::uint64_t& torn_bytes) {
  FramedLog log(fs, std::move(path), format);
  TRY_ASSIGN(log.file_, fs.Open(log.path_, OpenMode::kRead));
  return log.Load(replay, TornTail::kKeep, torn_bytes);
}

Status FramedLog::Load(const std::function<Status(std::string_view)>& replay, TornTail torn_tail,
                       std::uint64_t& torn_bytes) {
  TRY(CheckHeader());
  TRY_ASSIGN(const std::uint64_t file_bytes, file_->Size());
  size_ = kHeaderBytes;
  while (size_ < file_bytes) {
    TRY_ASSIGN(const auto body, ReadFrame(*file_, size_, file_bytes));
    if (!body) {
      torn_bytes = file_bytes - size_;
      TRY(CheckTornTail(size_, file_bytes));
      return torn_tail == TornTail::kCut ? CutTornTail(size_) : Ok();
    }
    ByteReader reader(*body);
    while (reader.ok() && reader.remaining() > 0) {
      const std::string_view payload = reader.Bytes(reader.Fixed<std::uint32_t>());
      if (!reader.ok())
        return Damage(size_, "the frame's checksum is right but its content is not");
      if (Status replayed = replay(payload); !replayed.ok())
        return std::move(replayed).error().Within(
            fmt::format("{} '{}' at offset {}", format_.what, path_, size_));
    }
    size_ += kFrameHeaderBytes + body->size();
  }
  return Ok();
}

Status FramedLog::CheckHeader() const {
  std::string header(kHeaderBytes, '\0');
  TRY_ASSIGN(const std::size_t got,
             file_->ReadAt(0, std::as_writable_bytes(std::span(header.data(), header.size()))));
  if (got < kHeaderBytes || !header.starts_with(format_.magic))
    return CorruptError(fmt::format("'{}' is not a {} file: it does not begin with '{}'", path_,
                                    format_.what, format_.magic));
  ByteReader reader(std::string_view(header).substr(kMagicBytes));
  const auto version = reader.Fixed<std::uint32_t>();
  const auto crc = reader.Fixed<std::uint32_t>();
  if (crc != Crc32c(std::string_view(header).substr(0, kHeaderBytes - sizeof crc)))
    return Damage(0, "the header's checksum is wrong");
  if (version > format_.version)
    return Error{ErrorCode::kUnsupported,
                 fmt::format("{} '{}' has format version {}, and this program reads versions up to "
                             "{}: start the newer program that wrote it",
                             format_.what, path_, version, format_.version)};
  return Ok();
}

Status FramedLog::CheckTornTail(std::uint64_t offset, std::uint64_t file_bytes) const {
  // The tail itself may begin with a marker; a valid frame is looked for behind that.
  TRY_ASSIGN(const std::string rest, ReadExactly(*file_, offset + 1, file_bytes - offset - 1));
  if (const auto found = FindFrame(rest))
    return Damage(offset, fmt::format("valid data follows at offset {}", offset + 1 + *found));
  return Ok();
}

Status FramedLog::CutTornTail(std::uint64_t offset) {
  TRY(file_->Truncate(offset));
  return file_->SyncData();
}

Status FramedLog::Append(const std::vector<std::string>& payloads) {
  if (!failure_.ok()) return failure_;
  if (payloads.empty()) return Ok();
  std::string body;
  for (const std::string& payload : payloads) {
    if (BodyBytes(payload) > kFrameBytesMax - body.size())
      return Error{ErrorCode::kTooLarge, fmt::format("{} '{}': a change is larger than {} bytes",
                                                     format_.what, path_, kFrameBytesMax)};
    AppendPayload(body, payload);
  }
  const std::string frame = EncodeFrame(body);
  if (Status written = file_->WriteAt(size_, AsBytes(frame)); !written.ok())
    return UndoWrite(std::move(written).error());
  if (Status synced = file_->SyncData(); !synced.ok()) return Fail(std::move(synced).error());
  size_ += frame.size();
  return Ok();
}

Status FramedLog::Rewrite(const std::vector<std::string>& payloads) {
  if (!failure_.ok()) return failure_;
  std::string content = EncodeHeader(format_);
  std::string body;
  for (const std::string& payload : payloads) {
    if (BodyBytes(payload) > kFrameBytesMax)
      return Error{ErrorCode::kTooLarge, fmt::format("{} '{}': an entry is larger than {} bytes",
                                                     format_.what, path_, kFrameBytesMax)};
    if (!body.empty() && body.size() + BodyBytes(payload) > kRewriteFrameBytes) {
      content += EncodeFrame(body);
      body.clear();
    }
    AppendPayload(body, payload);
  }
  if (!body.empty()) content += EncodeFrame(body);

  const std::string temporary = path_ + ".tmp";
  TRY(WriteSyncedFile(fs_, temporary, content));
  // From here on the old file may be gone, and with it what this object has open.
  if (Status renamed = fs_.Rename(temporary, path_); !renamed.ok())
    return Fail(std::move(renamed).error());
  if (Status synced = fs_.SyncDirectory(ParentDirectory(path_)); !synced.ok())
    return Fail(std::move(synced).error());
  Result<std::unique_ptr<File>> file = fs_.Open(path_, OpenMode::kReadWrite);
  if (!file.ok()) return Fail(std::move(file).error());
  file_ = std::move(file).value();
  size_ = content.size();
  return Ok();
}

// Takes back what a write that found no space has left behind the last frame.
Status FramedLog::UndoWrite(Error failure) {
  if (failure.code != ErrorCode::kUnavailable) return Fail(std::move(failure));
  if (!file_->Truncate(size_).ok() || !file_->SyncData().ok()) return Fail(std::move(failure));
  return failure;
}

Status FramedLog::Fail(Error failure) {
  failure.code = ErrorCode::kIo;  // kUnavailable would say that one may try again
  failure_ = std::move(failure).Within(fmt::format("{} is closed until restart", format_.what));
  return failure_;
}

Error FramedLog::Damage(std::uint64_t offset, std::string_view what) const {
  return CorruptError(fmt::format("{} '{}' is damaged at offset {}: {}; restore it from a backup",
                                  format_.what, path_, offset, what));
}

}  // namespace tidemill
