// The server and the client of this folder against each other, over loopback.
#include "http/server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <thread>

#include "base/file_descriptor.h"
#include "http/client.h"

namespace tidemill::http {
namespace {

using namespace std::chrono_literals;

template <typename T>
T TakeValue(Result<T> result) {
  return std::move(result).value();
}

class CountingStream final : public BodyStream {
 public:
  explicit CountingStream(int pieces, bool fails = false) : left_(pieces), fails_(fails) {}
  Task<Result<std::optional<std::string>>> Next() override {
    if (left_-- > 0) co_return std::optional<std::string>(std::string(1000, 'x'));
    if (fails_) co_return InternalError("half way");
    co_return std::optional<std::string>();
  }

 private:
  int left_;
  bool fails_;
};

Task<Response> Echo(Request request) {
  Response response;
  if (request.path == "/stream" || request.path == "/cut") {
    response.stream = std::make_unique<CountingStream>(300, request.path == "/cut");
    co_return response;
  }
  if (request.path == "/empty") {
    response.status = 204;
    co_return response;
  }
  response.headers.emplace_back("X-Method", request.method);
  response.headers.emplace_back("X-Query", request.query);
  response.headers.emplace_back("X-Seen", std::string(request.Header("x-given")));
  response.body = request.body;
  co_return response;
}

class ServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Server::Options options;
    options.bind = "127.0.0.1:0";
    options.body_bytes_max = 1 << 20;
    auto server = Server::Listen(options, &Echo, metrics_);
    ASSERT_TRUE(server.ok()) << server.error().message;
    server_ = std::move(*server);
    client_ = TakeValue(
        Client::Create({.url = "http://" + server_->address(), .token = "", .tls_ca = ""}));
  }

  // Sends bytes as they are and reads until the server closes.
  std::string Raw(const std::string& bytes) {
    const FileDescriptor fd(::socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const std::string where = server_->address();
    address.sin_port =
        htons(static_cast<std::uint16_t>(std::stoi(where.substr(where.find(':') + 1))));
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
    std::string answer;
    char piece[4096];
    for (ssize_t got = 0; (got = ::recv(fd.get(), piece, sizeof piece, 0)) > 0;)
      answer.append(piece, static_cast<std::size_t>(got));
    return answer;
  }

  observe::Metrics metrics_;
  std::unique_ptr<Server> server_;
  std::unique_ptr<Client> client_;
};

TEST_F(ServerTest, HandsOverTheWholeRequestAndBringsBackTheAnswer) {
  const std::string body(300'000, 'b');
  auto answer = client_->Send("POST", "/a?b=c", {{"X-Given", "yes"}}, body);
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, body);
  std::map<std::string, std::string> headers(answer->headers.begin(), answer->headers.end());
  EXPECT_EQ(headers["x-method"], "POST");
  EXPECT_EQ(headers["x-query"], "b=c");
  EXPECT_EQ(headers["x-seen"], "yes");
}

TEST_F(ServerTest, KeepsTheConnectionForTheNextRequest) {
  for (int i = 0; i < 50; ++i) {
    auto answer = client_->Send("POST", "/", {}, std::to_string(i));
    ASSERT_TRUE(answer.ok());
    EXPECT_EQ(answer->body, std::to_string(i));
  }
  EXPECT_EQ(client_->Send("POST", "/empty", {}, "x")->status, 204);
}

TEST_F(ServerTest, StreamsAnswersPieceByPiece) {
  auto answer = client_->Send("GET", "/stream", {}, "");
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->body.size(), 300'000U);
}

TEST_F(ServerTest, CutsTheConnectionWhenAStreamFails) {
  auto answer = client_->Send("GET", "/cut", {}, "");
  ASSERT_FALSE(answer.ok());
  EXPECT_NE(answer.error().message.find("ended early"), std::string::npos);
}

TEST_F(ServerTest, RefusesBodiesOverTheLimitWithTheLimit) {
  auto answer = client_->Send("POST", "/", {}, std::string((1 << 20) + 1, 'x'));
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->status, 413);
  EXPECT_EQ(answer->body, "max request size (1048576 bytes) exceeded");
  EXPECT_EQ(client_->Send("POST", "/", {}, "next")->body, "next");
}

TEST_F(ServerTest, ReadsChunkedBodies) {
  const std::string answer =
      Raw("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: "
          "close\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 200 OK\r\n")) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\nabcdefg")) << answer;
}

TEST_F(ServerTest, TakesMemoryForABodyOnlyAsItArrives) {
  // Whole at every size around the steps in which the buffer grows, with and without bytes ahead.
  for (const std::size_t size : {262'143, 262'144, 262'145, 524'288, 524'289, 1'048'576}) {
    std::string body(size, 'b');
    for (std::size_t i = 0; i < size; i += 1000) body[i] = static_cast<char>('a' + i / 1000 % 26);
    EXPECT_EQ(client_->Send("POST", "/", {}, body)->body, body) << size;
  }
}

TEST_F(ServerTest, RefusesTransferEncodingsItDoesNotKnow) {
  for (const std::string coding : {"gzip, chunked", "identity", "gzip"}) {
    const std::string answer =
        Raw("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: " + coding + "\r\n\r\n0\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 501 ")) << coding << ": " << answer;
    EXPECT_EQ(answer.find("HTTP/1.1", 1), std::string::npos) << "the body is no second request";
  }
}

TEST_F(ServerTest, TakesTargetsInAbsoluteForm) {
  const std::string answer =
      Raw("GET http://x:1/a?b=c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_NE(answer.find("X-Query: b=c"), std::string::npos) << answer;
  EXPECT_TRUE(Raw("GET http://x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                  .starts_with("HTTP/1.1 200 "));
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
  const std::string answer =
      Raw("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\none"
          "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\ntwo");
  const std::size_t one = answer.find("one");
  const std::size_t two = answer.find("two");
  ASSERT_NE(one, std::string::npos) << answer;
  ASSERT_NE(two, std::string::npos) << answer;
  EXPECT_LT(one, two);
}

TEST_F(ServerTest, RefusesWhatIsNotHttp) {
  const auto expect_400 = [this](const std::string& bytes) {
    SCOPED_TRACE(bytes);
    EXPECT_TRUE(Raw(bytes).starts_with("HTTP/1.1 400 ")) << bytes;
  };
  expect_400("hello\r\n\r\n");
  expect_400("GET / HTTP/1.1\r\nbad header\r\n\r\n");
  expect_400("POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
  expect_400("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n");
}

TEST_F(ServerTest, LeavesOutTheBodyOfHead) {
  const std::string answer =
      Raw("HEAD / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc");
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
  EXPECT_NE(answer.find("Content-Length: 3"), std::string::npos);
}

TEST_F(ServerTest, RefusesASecondServerOnTheSameAddress) {
  Server::Options options;
  options.bind = server_->address();
  auto second = Server::Listen(options, &Echo, metrics_);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
}

TEST_F(ServerTest, WaitsForRequestsUnderWayWhenItStops) {
  Completion<int> release;
  Completion<int> entered;
  Server::Options options;
  options.bind = "127.0.0.1:0";
  auto server = TakeValue(Server::Listen(
      options,
      [&](Request) -> Task<Response> {
        entered.Complete(0);
        co_await release;
        Response response;
        response.body = "late";
        co_return response;
      },
      metrics_));
  Result<ClientResponse> answer = InternalError("no answer yet");
  std::thread asking([&] {
    auto client = TakeValue(
        Client::Create({.url = "http://" + server->address(), .token = "", .tls_ca = ""}));
    answer = client->Send("GET", "/", {}, "");
  });
  BlockOn([](Completion<int> completion) -> Task<int> { co_return co_await completion; }(entered));
  std::thread stopping([&] { server->Stop(30s); });
  release.Complete(0);
  stopping.join();
  asking.join();
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->body, "late");
}

TEST(Client, SaysWhatIsWrongWithTheUrlOrTheServer) {
  EXPECT_FALSE(Client::Create({.url = "127.0.0.1:8181", .token = "", .tls_ca = ""}).ok());
  auto client = TakeValue(Client::Create({.url = "http://127.0.0.1:1", .token = "", .tls_ca = ""}));
  auto answer = client->Send("GET", "/", {}, "");
  ASSERT_FALSE(answer.ok());
  EXPECT_NE(answer.error().message.find("cannot connect to http://127.0.0.1:1"), std::string::npos)
      << answer.error().message;
}

TEST(ParseQuery, DecodesFormsAndKeepsBrokenEscapes) {
  const Pairs pairs = ParseQuery("db=my%20db&q=a+b&&empty=&flag&bad=%zz");
  const Pairs expected = {
      {"db", "my db"}, {"q", "a b"}, {"empty", ""}, {"flag", ""}, {"bad", "%zz"}};
  EXPECT_EQ(pairs, expected);
}

}  // namespace
}  // namespace tidemill::http
