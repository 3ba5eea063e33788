// Which neighbouring files of a table are worth making one. Pure.
//
// Sizes have four tiers; enough neighbours of a tier make a file of a higher one. So a byte of
// in-order data is rewritten at most twice once it is in a file of several MiB, and a table never
// has more than a few dozen small files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "storage/table_version.h"

namespace tidemill::storage {

struct FileRange {
  std::size_t first = 0;  // index in the version's files
  std::size_t count = 0;
  bool operator==(const FileRange&) const = default;
};

inline constexpr std::size_t kMergedFilesMin = 8;
inline constexpr std::size_t kMergedFilesMax = 16;  // each is open while they are merged
inline constexpr std::uint64_t kMergedBytesMax = 512 << 20;

// `files`: by last_sequence. nullopt: they are well as they are.
std::optional<FileRange> ChooseMerge(const FileList& files);

}  // namespace tidemill::storage
