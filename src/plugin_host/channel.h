// The server's end of the socket to one worker: whole frames in and out, never blocking.
//
// Not thread-safe: the loop thread owns it. A worker can send any bytes; everything here is checked
// before it is believed.
#pragma once

#include <deque>

#include <string>
#include <variant>

#include "base/file_descriptor.h"
#include "base/result.h"
#include "plugin_host/frames.h"

namespace tidemill::plugin_host {

class Channel {
 public:
  struct Pair;
  // A connected pair: ours, and the descriptor that the worker inherits.
  static Result<Pair> Open();

  explicit Channel(FileDescriptor socket) : socket_(std::move(socket)) {}
  int fd() const { return socket_.get(); }

  // Sends now or, when the socket is full, keeps the frame for Flush. Errors: kIo, the worker is
  // gone.
  Status Send(Frame frame);
  Status Flush();
  bool has_unsent() const { return !unsent_.empty(); }

  struct Nothing {};  // nothing there now
  struct Closed {};   // the worker closed its end
  using Received = std::variant<Frame, Nothing, Closed>;
  // Errors: kCorrupt, the bytes are no frame: the worker must go.
  Result<Received> Receive();

 private:
  enum class Sent { kYes, kFull };
  Result<Sent> TrySend(const Frame& frame);

  FileDescriptor socket_;
  std::deque<Frame> unsent_;
  std::string packet_;  // room for one packet, reused
};

struct Channel::Pair {
  FileDescriptor server_end;
  FileDescriptor worker_end;
};

}  // namespace tidemill::plugin_host
