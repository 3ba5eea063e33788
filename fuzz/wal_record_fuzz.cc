// A WAL record from arbitrary bytes: refused, or one that can be written again and comes back the
// same. A record that replay accepts and a later start does not would stop the server for good.
#include "fuzz_target.h"
#include "wal/records.h"

using tidemill::fuzz::Require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto first = tidemill::wal::DecodeRecord(tidemill::fuzz::Text(data, size));
  if (!first.ok()) return 0;
  std::string once;
  tidemill::wal::EncodeRecord(**first, once);
  const auto second = tidemill::wal::DecodeRecord(once);
  Require(second.ok(), "what was written can be read");
  std::string twice;
  tidemill::wal::EncodeRecord(**second, twice);
  Require(once == twice, "what was read is what was written");
  return 0;
}
