#include "storage/compaction_policy.h"

#include <algorithm>
#include <array>

namespace tidemill::storage {
namespace {

// Files up to each of these are of its tier; larger ones are left alone.
constexpr std::array<std::uint64_t, 3> kTierBytes = {4 << 20, 32 << 20, 256 << 20};

// The files from `first` on that may go into one merge.
FileRange RangeFrom(const FileList& files, std::size_t first, std::uint64_t tier_bytes) {
  FileRange range{first, 0};
  std::uint64_t bytes = 0;
  while (first + range.count < files.size() && range.count < kMergedFilesMax) {
    const std::uint64_t next = files[first + range.count]->bytes;
    if (next > tier_bytes || bytes + next > kMergedBytesMax) break;
    bytes += next;
    ++range.count;
  }
  return range;
}

// A file is rewritten with enough others of its tier, not for the sake of small neighbours.
bool IsWorthIt(const FileList& files, const FileRange& range, std::uint64_t lower_tier_bytes) {
  const auto first = files.begin() + static_cast<std::ptrdiff_t>(range.first);
  const auto last = first + static_cast<std::ptrdiff_t>(range.count);
  return std::count_if(first, last, [&](const auto& file) {
           return file->bytes > lower_tier_bytes;
         }) >= static_cast<std::ptrdiff_t>(kMergedFilesMin);
}

}  // namespace

std::optional<FileRange> ChooseMerge(const FileList& files) {
  std::uint64_t lower_tier_bytes = 0;
  for (const std::uint64_t tier_bytes : kTierBytes) {
    for (std::size_t first = 0; first + kMergedFilesMin <= files.size(); ++first) {
      const FileRange range = RangeFrom(files, first, tier_bytes);
      if (IsWorthIt(files, range, lower_tier_bytes)) return range;
    }
    lower_tier_bytes = tier_bytes;
  }
  return std::nullopt;
}

}  // namespace tidemill::storage
