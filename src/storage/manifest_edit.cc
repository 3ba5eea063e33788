// The bytes of an edit (docs/formats/manifest.md).
#include <fmt/format.h>

#include "base/bytes.h"
#include "base/status_macros.h"
#include "storage/manifest.h"

namespace tidemill::storage {
namespace {

constexpr std::uint8_t kEdit = 2;          // first byte of the frame
constexpr std::uint8_t kMayOverwrite = 1;  // flags of a file

void PutFile(ByteWriter& out, const FileEntry& file) {
  out.Varint(file.number);
  out.Text(file.object);
  out.Varint(file.database.value());
  out.Varint(file.table.value());
  out.Varint(file.first_sequence);
  out.Varint(file.last_sequence);
  out.Varint(file.bytes);
  out.Varint(file.rows);
  out.Fixed(file.min_time.nanos());
  out.Fixed(file.max_time.nanos());
  out.Fixed(file.may_overwrite ? kMayOverwrite : std::uint8_t{0});
  if (file.may_overwrite) {
    out.Fixed(file.overwrite_min.nanos());
    out.Fixed(file.overwrite_max.nanos());
  }
  out.Fixed(file.crc_sum);
}

template <typename T>
T GetId(ByteReader& in) {
  const std::uint64_t value = in.Varint();
  if (value > UINT32_MAX) in.Fail();
  return T(static_cast<std::uint32_t>(value));
}

Timestamp GetTime(ByteReader& in) { return Timestamp(in.Fixed<std::int64_t>()); }

Result<FileEntry> GetFile(ByteReader& in) {
  FileEntry file;
  file.number = in.Varint();
  file.object = std::string(in.Text());
  file.database = GetId<DatabaseId>(in);
  file.table = GetId<TableId>(in);
  file.first_sequence = in.Varint();
  file.last_sequence = in.Varint();
  file.bytes = in.Varint();
  file.rows = in.Varint();
  file.min_time = GetTime(in);
  file.max_time = GetTime(in);
  const auto flags = in.Fixed<std::uint8_t>();
  file.may_overwrite = (flags & kMayOverwrite) != 0;
  if (file.may_overwrite) {
    file.overwrite_min = GetTime(in);
    file.overwrite_max = GetTime(in);
  }
  file.crc_sum = in.Fixed<std::uint32_t>();
  const bool makes_sense = in.ok() && flags <= kMayOverwrite && !file.object.empty() &&
                           file.first_sequence <= file.last_sequence &&
                           file.min_time <= file.max_time;
  if (!makes_sense) {
    return CorruptError(fmt::format("manifest: broken entry of file {}", file.number));
  }
  return file;
}

// Calls `get` as often as the count in front says; stops at the first sign of damage.
template <typename F>
Status GetList(ByteReader& in, F get) {
  const std::uint64_t count = in.Varint();
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) TRY(get());
  return Ok();
}

}  // namespace

std::string EncodeManifestEdit(const ManifestEdit& edit) {
  std::string bytes;
  ByteWriter out(bytes);
  out.Fixed(kEdit);
  out.Varint(edit.next_file);
  out.Varint(edit.added.size());
  for (const FileEntry& file : edit.added) PutFile(out, file);
  out.Varint(edit.removed.size());
  for (const std::uint64_t number : edit.removed) out.Varint(number);
  out.Varint(edit.flushed.size());
  for (const TableFlushed& table : edit.flushed) {
    out.Varint(table.table.value());
    out.Varint(table.sequence);
  }
  out.Varint(edit.cutoffs.size());
  for (const RetentionCutoff& cutoff : edit.cutoffs) {
    out.Varint(cutoff.database.value());
    out.Fixed(static_cast<std::int64_t>(cutoff.period.count()));
    out.Fixed(cutoff.cutoff.nanos());
  }
  return bytes;
}

Result<ManifestEdit> DecodeManifestEdit(std::string_view bytes) {
  ByteReader in(bytes);
  if (const auto kind = in.Fixed<std::uint8_t>(); kind != kEdit) {
    return CorruptError(fmt::format("manifest: frame of unknown kind {}", kind));
  }
  ManifestEdit edit;
  edit.next_file = in.Varint();
  TRY(GetList(in, [&]() -> Status {
    TRY_ASSIGN(FileEntry file, GetFile(in));
    edit.added.push_back(std::move(file));
    return Ok();
  }));
  TRY(GetList(in, [&]() -> Status {
    edit.removed.push_back(in.Varint());
    return Ok();
  }));
  TRY(GetList(in, [&]() -> Status {
    const auto table = GetId<TableId>(in);
    edit.flushed.push_back({table, in.Varint()});
    return Ok();
  }));
  TRY(GetList(in, [&]() -> Status {
    const auto database = GetId<DatabaseId>(in);
    const std::chrono::nanoseconds period(in.Fixed<std::int64_t>());
    edit.cutoffs.push_back({database, period, GetTime(in)});
    return Ok();
  }));
  if (!in.ok()) return CorruptError("manifest: edit is cut short");
  if (in.remaining() != 0) {
    return CorruptError(fmt::format("manifest: {} bytes too many in an edit", in.remaining()));
  }
  return edit;
}

}  // namespace tidemill::storage
