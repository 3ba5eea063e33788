#include "storage/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/log.h"
#include "base/status_macros.h"

namespace tidemill::storage {
namespace {

constexpr FramedLog::Format kFormat = {.magic = "TMMANIFS", .version = 1, .what = "manifest"};

// First byte of a frame.
constexpr std::uint8_t kIdentity = 1;  // the manifest's id, once, first; edits are kind 2

// A folded log is cut into frames of this many files.
constexpr std::size_t kFilesPerFrame = 100'000;

std::string EncodeIdentity(const std::string& id) {
  std::string out;
  ByteWriter writer(out);
  writer.Fixed(kIdentity);
  writer.Text(id);
  return out;
}

std::vector<std::string> EncodeFolded(const ManifestState& state) {
  ManifestEdit rest = state.Whole();
  std::vector<std::string> frames = {EncodeIdentity(state.id)};
  while (rest.added.size() > kFilesPerFrame) {
    ManifestEdit part{
        .next_file = rest.next_file, .added = {}, .removed = {}, .flushed = {}, .cutoffs = {}};
    part.added.assign(rest.added.end() - kFilesPerFrame, rest.added.end());
    rest.added.resize(rest.added.size() - kFilesPerFrame);
    frames.push_back(EncodeManifestEdit(part));
  }
  frames.push_back(EncodeManifestEdit(rest));
  return frames;
}

Status ApplyFrame(std::string_view frame, ManifestState& state) {
  if (frame.empty() || static_cast<std::uint8_t>(frame.front()) != kIdentity) {
    TRY_ASSIGN(const ManifestEdit edit, DecodeManifestEdit(frame));
    TRY(state.Check(edit));
    state.Apply(edit);
    return Ok();
  }
  ByteReader reader(frame);
  reader.Fixed<std::uint8_t>();
  state.id = std::string(reader.Text());
  if (!reader.ok() || reader.remaining() != 0) return CorruptError("manifest: broken identity");
  return Ok();
}

}  // namespace

std::optional<Sequence> ManifestState::flushed_through() const {
  const auto found = flushed.find(kEveryTable);
  return found == flushed.end() ? std::nullopt : std::optional(found->second);
}

Status ManifestState::Check(const ManifestEdit& edit) const {
  for (const FileEntry& file : edit.added) {
    if (files.contains(file.number)) {
      return CorruptError(fmt::format("manifest: file {} is added twice", file.number));
    }
  }
  for (const std::uint64_t number : edit.removed) {
    if (!files.contains(number)) {
      return CorruptError(fmt::format("manifest: file {} is removed but not listed", number));
    }
  }
  return Ok();
}

void ManifestState::Apply(const ManifestEdit& edit) {
  next_file = std::max(next_file, edit.next_file);
  for (const std::uint64_t number : edit.removed) files.erase(number);
  for (const FileEntry& file : edit.added) files.emplace(file.number, file);
  for (const TableFlushed& table : edit.flushed) {
    flushed[table.table] = std::max(flushed[table.table], table.sequence);
  }
  for (const RetentionCutoff& cutoff : edit.cutoffs) cutoffs[cutoff.database] = cutoff;
}

ManifestEdit ManifestState::Whole() const {
  ManifestEdit edit;
  edit.next_file = next_file;
  for (const auto& [number, file] : files) edit.added.push_back(file);
  for (const auto& [table, sequence] : flushed) edit.flushed.push_back({table, sequence});
  for (const auto& [database, cutoff] : cutoffs) edit.cutoffs.push_back(cutoff);
  return edit;
}

Result<std::unique_ptr<Manifest>> Manifest::Open(FileSystem& fs, const std::string& path) {
  std::unique_ptr<Manifest> manifest(new Manifest);
  if (path.empty()) return manifest;
  TRY_ASSIGN(manifest->log_,
             FramedLog::Open(
                 fs, path, kFormat,
                 [&](std::string_view frame) { return ApplyFrame(frame, manifest->state_); },
                 &manifest->torn_bytes_));
  return manifest;
}

Result<std::unique_ptr<Manifest>> Manifest::Read(FileSystem& fs, const std::string& path) {
  std::unique_ptr<Manifest> manifest(new Manifest);
  TRY(FramedLog::Read(
      fs, path, kFormat,
      [&](std::string_view frame) { return ApplyFrame(frame, manifest->state_); },
      manifest->torn_bytes_));
  return manifest;
}

Status Manifest::Begin(Random& random) {
  if (!is_new()) return Ok();
  std::string id = MakeUuid(random);
  if (log_ != nullptr) TRY(log_->Append({EncodeIdentity(id)}));
  state_.id = std::move(id);
  return Ok();
}

Status Manifest::Commit(const ManifestEdit& edit) {
  TRY(state_.Check(edit));
  if (log_ != nullptr) TRY(log_->Append({EncodeManifestEdit(edit)}));
  state_.Apply(edit);
  if (log_ != nullptr && log_->bytes() > kFoldBytes + 2 * folded_bytes_) {
    // The edit itself is durable already.
    if (const Status folded = Fold(); !folded.ok()) {
      Log(LogLevel::kWarn, "storage", "manifest: fold failed: {}", folded.error().message);
    }
  }
  return Ok();
}

Status Manifest::Fold() {
  TRY(log_->Rewrite(EncodeFolded(state_)));
  folded_bytes_ = log_->bytes();
  return Ok();
}

}  // namespace tidemill::storage
