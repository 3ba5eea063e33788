#include "plugin_host/channel.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <cstring>
#include <optional>

namespace tidemill::plugin_host {
namespace {

using ::testing::HasSubstr;

class ChannelTest : public ::testing::Test {
 protected:
  ChannelTest() {
    auto ends = Channel::Open();
    EXPECT_TRUE(ends.ok());
    channel_.emplace(std::move(ends->server_end));
    worker_ = std::move(ends->worker_end);
  }
  // As a worker would: a frame of type kLog whose payload is attached as `fd`.
  void SendShared(int fd, std::uint64_t bytes) {
    FrameHead head;
    head.type = FrameType::kLog;
    head.payload_is_shared = true;
    head.payload_bytes = bytes;
    auto head_bytes = EncodeHead(head);
    iovec part{head_bytes.data(), head_bytes.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (fd >= 0) {
      message.msg_control = control;
      message.msg_controllen = sizeof control;
      cmsghdr* header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(sizeof(int));
      std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
    }
    ASSERT_EQ(::sendmsg(worker_.get(), &message, 0), static_cast<ssize_t>(kFrameHeadBytes));
  }
  FileDescriptor Memory(std::string_view bytes, int seals) {
    FileDescriptor fd(::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    EXPECT_EQ(::write(fd.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
    EXPECT_EQ(::fcntl(fd.get(), F_ADD_SEALS, seals), 0);
    return fd;
  }
  void ExpectCorrupt(const std::string& reason) {
    const auto received = channel_->Receive();
    ASSERT_FALSE(received.ok());
    EXPECT_EQ(received.error().code, ErrorCode::kCorrupt);
    EXPECT_THAT(received.error().message, HasSubstr(reason));
  }

  static constexpr int kAllSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  std::optional<Channel> channel_;
  FileDescriptor worker_;
};

TEST_F(ChannelTest, ReceivesSealedMemory) {
  SendShared(Memory("hello", kAllSeals).get(), 5);
  auto received = channel_->Receive();
  ASSERT_TRUE(received.ok()) << received.error().message;
  EXPECT_EQ(std::get<Frame>(*received).payload.bytes(), "hello");
}

TEST_F(ChannelTest, RefusesMemoryThatCouldChange) {
  for (const int seals :
       {0, F_SEAL_SHRINK, F_SEAL_SHRINK | F_SEAL_GROW, F_SEAL_GROW | F_SEAL_WRITE}) {
    SCOPED_TRACE(seals);
    SendShared(Memory("hello", seals).get(), 5);
    ExpectCorrupt("not sealed");
  }
}

TEST_F(ChannelTest, RefusesMemoryOfAnotherSize) {
  SendShared(Memory("hello", kAllSeals).get(), 6);
  ExpectCorrupt("6 bytes were announced, 5 are there");
}

TEST_F(ChannelTest, RefusesOtherDescriptorsAndNone) {
  FileDescriptor pipe_like(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
  SendShared(pipe_like.get(), 5);
  ExpectCorrupt("not sealed");
  SendShared(-1, 5);
  ExpectCorrupt("descriptor and head disagree");
}

TEST_F(ChannelTest, RefusesPacketsThatAreTooLarge) {
  const std::string packet(kFrameHeadBytes + kInlineBytesMax + 1, 'x');
  ASSERT_GT(::send(worker_.get(), packet.data(), packet.size(), 0), 0);
  ExpectCorrupt("larger than a packet may be");
}

TEST_F(ChannelTest, AClosedEndIsNoError) {
  auto received = channel_->Receive();
  ASSERT_TRUE(received.ok());
  EXPECT_TRUE(std::holds_alternative<Channel::Nothing>(*received));
  worker_.Reset();
  received = channel_->Receive();
  ASSERT_TRUE(received.ok());
  EXPECT_TRUE(std::holds_alternative<Channel::Closed>(*received));
}

TEST_F(ChannelTest, KeepsFramesInOrderWhileTheWorkerDoesNotRead) {
  constexpr std::uint64_t kFrames = 200;
  for (std::uint64_t i = 0; i < kFrames; ++i) {
    Frame frame;
    frame.head.type = FrameType::kReply;
    frame.head.run = 1;
    frame.head.call = i;
    frame.payload = std::move(Payload::From(std::string(10'000, 'x'))).value();
    ASSERT_TRUE(channel_->Send(std::move(frame)).ok());
  }
  ASSERT_TRUE(channel_->has_unsent());
  std::string packet(64 << 10, '\0');
  for (std::uint64_t i = 0; i < kFrames; ++i) {
    ASSERT_TRUE(channel_->Flush().ok());
    ASSERT_EQ(::recv(worker_.get(), packet.data(), packet.size(), MSG_DONTWAIT),
              static_cast<ssize_t>(kFrameHeadBytes + 10'000));
    std::uint64_t call = 0;
    std::memcpy(&call, packet.data() + 16, sizeof call);
    EXPECT_EQ(call, i);
  }
  EXPECT_FALSE(channel_->has_unsent());
}

}  // namespace
}  // namespace tidemill::plugin_host
