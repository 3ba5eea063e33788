// What a worker process may send, from arbitrary bytes: the head of a frame, and the payload of
// every type. A plugin can write anything to that socket; it must not take the server with it.
//
// The first byte is the type, the rest the payload; all of it is a packet too.
#include "fuzz_target.h"
#include "plugin_host/frames.h"
#include "plugin_host/messages.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tidemill::plugin_host;
  const std::string_view bytes = tidemill::fuzz::Text(data, size);
  if (const auto head = DecodeHead(bytes); head.ok()) {
    const auto again = EncodeHead(*head);
    tidemill::fuzz::Require(
        std::string_view(again.data(), again.size()) == bytes.substr(0, kFrameHeadBytes),
        "a head comes back the same");
    if (!head->payload_is_shared) {
      (void)DecodeWorkerMessage(head->type, bytes.substr(kFrameHeadBytes));
    }
  }
  if (size > 0) (void)DecodeWorkerMessage(static_cast<FrameType>(data[0]), bytes.substr(1));
  return 0;
}
