// A group frame from arbitrary bytes, as they are and as the body of a frame whose checksum is
// right: damage is told, and no record is made of it.
#include "fuzz_target.h"
#include "wal/group_frame.h"
#include "wal/segment_reader.h"

namespace {

using namespace tidemill::wal;
using tidemill::fuzz::Require;

void CheckDecoded(const Frame& frame) {
  const auto all = DecodeFrame(frame, 0, UINT64_MAX);
  if (!all.ok()) return;
  Require(all->size() == frame.header.records, "a frame holds as many records as it says");
  // One after the other, as a trigger reads that falls behind.
  for (tidemill::Sequence after = frame.header.first; after < frame.header.last; ++after) {
    const auto one = DecodeFrame(frame, after, 0);
    Require(one.ok() && one->size() == 1 && (*one)[0].sequence == after + 1,
            "the next record alone");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = tidemill::fuzz::Text(data, size);
  const auto header = PeekGroupHeader(bytes);
  if (IsFrameIntact(bytes)) {
    Require(header.has_value(), "an intact frame has a header");
    CheckDecoded({.header = *header, .offset = 0, .bytes = std::string(bytes)});
  }
  if (size == 0) return 0;
  const std::uint32_t records = data[0] % 16 + 1U;
  CheckDecoded({.header = {.group = 1, .first = 1, .last = records, .records = records},
                .offset = 0,
                .bytes = std::string(kGroupHeaderBytes, '\0') + std::string(bytes.substr(1))});
  return 0;
}
