// Entries of the catalog's log, one on each line: refused, or applied to a snapshot that can be
// folded and read again. A catalog that folds into something unreadable would be lost.
#include <algorithm>
#include <memory>

#include "catalog/change.h"
#include "fuzz_target.h"

namespace {

using namespace tidemill::catalog;
using tidemill::fuzz::Require;
using SnapshotPtr = std::shared_ptr<const Snapshot>;

void RequireFolds(const Snapshot& snapshot) {
  const std::string folded = EncodeSnapshot(snapshot);
  const auto again = DecodeSnapshot(folded);
  Require(again.ok(), "a folded snapshot can be read: " +
                          (again.ok() ? "" : again.error().message + "\n" + folded));
  Require(EncodeSnapshot(**again) == folded, "a folded snapshot comes back the same");
}

void ApplyLine(std::string_view line, SnapshotPtr& snapshot) {
  const auto whole = DecodeSnapshot(line);
  if (whole.ok()) {
    RequireFolds(**whole);
    snapshot = *whole;
  }
  const auto change = DecodeChange(line);
  if (!change.ok()) return;
  const std::string encoded = EncodeChange(*change);
  const auto again = DecodeChange(encoded);
  Require(again.ok() && EncodeChange(*again) == encoded, "a change comes back the same");
  const auto next = Apply(*snapshot, *change, {});
  if (!next.ok()) return;
  RequireFolds(**next);
  snapshot = *next;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  SnapshotPtr snapshot = std::make_shared<Snapshot>();
  std::string_view rest = tidemill::fuzz::Text(data, size);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    ApplyLine(rest.substr(0, end), snapshot);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return 0;
}
