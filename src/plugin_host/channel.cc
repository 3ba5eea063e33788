#include "plugin_host/channel.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/status_macros.h"

namespace tidemill::plugin_host {
namespace {

constexpr std::size_t kPacketBytesMax = kFrameHeadBytes + kInlineBytesMax;

// Room for one descriptor. The kernel drops what does not fit and says so with MSG_CTRUNC.
union ControlBuffer {
  cmsghdr align;
  char bytes[CMSG_SPACE(sizeof(int))];
};

void Attach(msghdr& message, ControlBuffer& control, int fd) {
  std::memset(&control, 0, sizeof control);
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof control.bytes;
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
}

// Takes every descriptor out of `message`, so that none is leaked whatever else is wrong.
FileDescriptor Detach(msghdr& message) {
  FileDescriptor out;
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
    out = FileDescriptor(fd);
  }
  return out;
}

}  // namespace

Result<Channel::Pair> Channel::Open() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return IoError(fmt::format("socketpair for a worker: {}", std::strerror(errno)));
  return Pair{FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

Status Channel::Send(Frame frame) {
  if (unsent_.empty()) {
    TRY_ASSIGN(const Sent sent, TrySend(frame));
    if (sent == Sent::kYes) return Ok();
  }
  unsent_.push_back(std::move(frame));
  return Ok();
}

Status Channel::Flush() {
  while (!unsent_.empty()) {
    TRY_ASSIGN(const Sent sent, TrySend(unsent_.front()));
    if (sent == Sent::kFull) break;
    unsent_.pop_front();
  }
  return Ok();
}

Result<Channel::Sent> Channel::TrySend(const Frame& frame) {
  FrameHead head = frame.head;
  head.payload_is_shared = frame.payload.is_shared();
  head.payload_bytes = frame.payload.size();
  auto head_bytes = EncodeHead(head);
  const std::string_view inline_bytes =
      head.payload_is_shared ? std::string_view() : frame.payload.bytes();
  iovec parts[2] = {{head_bytes.data(), head_bytes.size()},
                    {const_cast<char*>(inline_bytes.data()), inline_bytes.size()}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = inline_bytes.empty() ? 1 : 2;
  ControlBuffer control;
  if (head.payload_is_shared) Attach(message, control, frame.payload.memory().fd());
  while (::sendmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) return Sent::kFull;
    return IoError(fmt::format("send to the worker: {}", std::strerror(errno)));
  }
  return Sent::kYes;
}

Result<Channel::Received> Channel::Receive() {
  packet_.resize(kPacketBytesMax);
  iovec part{packet_.data(), packet_.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  ControlBuffer control;
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof control.bytes;
  ssize_t count;
  do {
    count = ::recvmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (count < 0 && errno == EINTR);
  if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return Received{Nothing{}};
  // A reset says what an orderly close says: the other end is gone.
  if (count <= 0) return Received{Closed{}};

  FileDescriptor attached = Detach(message);
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
    return CorruptError("frame larger than a packet may be, or with several descriptors");
  const std::string_view packet(packet_.data(), static_cast<std::size_t>(count));
  TRY_ASSIGN(const FrameHead head, DecodeHead(packet));
  if (attached.valid() != head.payload_is_shared)
    return CorruptError("frame whose descriptor and head disagree");
  Frame frame{head, {}};
  if (head.payload_is_shared) {
    TRY_ASSIGN(SharedMemory memory, SharedMemory::Adopt(std::move(attached), head.payload_bytes));
    frame.payload = Payload(std::move(memory));
  } else {
    TRY_ASSIGN(frame.payload, Payload::From(std::string(packet.substr(kFrameHeadBytes))));
  }
  return Received{std::move(frame)};
}

}  // namespace tidemill::plugin_host
