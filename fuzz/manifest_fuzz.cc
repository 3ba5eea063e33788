// An edit of the manifest, or the checksums of a file's blocks, from arbitrary bytes: refused, or
// one that comes back the same. The first byte chooses.
#include "fuzz_target.h"
#include "storage/block_sums.h"
#include "storage/manifest.h"

namespace {

using namespace tidemill::storage;
using tidemill::fuzz::Require;

void CheckEdit(std::string_view bytes) {
  const auto edit = DecodeManifestEdit(bytes);
  if (!edit.ok()) return;
  const auto again = DecodeManifestEdit(EncodeManifestEdit(*edit));
  Require(again.ok() && *again == *edit, "an edit comes back the same");
  ManifestState state;
  if (!state.Check(*edit).ok()) return;
  state.Apply(*edit);
  ManifestState folded;
  Require(folded.Check(state.Whole()).ok(), "a folded manifest can be read");
  folded.Apply(state.Whole());
  Require(folded.Whole() == state.Whole(), "a folded manifest comes back the same");
}

void CheckBlockSums(std::string_view bytes) {
  const auto sums = DecodeBlockSums(bytes);
  if (!sums.ok()) return;
  const auto again = DecodeBlockSums(EncodeBlockSums(*sums));
  Require(again.ok() && *again == *sums, "block sums come back the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes = tidemill::fuzz::Text(data + 1, size - 1);
  if (data[0] % 2 == 0) {
    CheckEdit(bytes);
  } else {
    CheckBlockSums(bytes);
  }
  return 0;
}
