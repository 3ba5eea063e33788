#include "http/connection.h"

#include <algorithm>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <string>

#include "base/log.h"
#include "base/strings.h"

namespace tidemill::http {
namespace {

using boost::system::error_code;
using Parser = beast::http::request_parser<beast::http::buffer_body>;

constexpr std::size_t kChunkedReadBytes = 64 << 10;
// A body takes memory as it arrives, this much at a time: many connections that promise large
// bodies and send nothing must cost nothing, and what is cleared for it is in the cache when it
// comes.
constexpr std::size_t kReadBytes = 256 << 10;
// A client that is told "too large" while it still sends must be listened to for a while, or the
// reset that closing provokes would destroy the answer before it is read.
constexpr std::size_t kLingerBytesMax = 256 << 20;
constexpr std::chrono::seconds kLingerTimeout{5};

// What a failed request ends with, before the handler ever saw it.
struct Refusal {
  int status = 400;
  std::string message;
};

auto NoThrow(error_code& error) { return asio::redirect_error(kUseAwaitable, error); }

// "http://host/path" is what a client sends to a proxy; servers must take it too.
std::string_view WithoutAuthority(std::string_view target) {
  constexpr std::string_view kScheme = "http://";
  if (!target.starts_with(kScheme)) return target;
  const std::size_t path = target.find('/', kScheme.size());
  return path == std::string_view::npos ? "/" : target.substr(path);
}

class Session {
 public:
  Session(Stream& stream, ConnectionContext& context, std::weak_ptr<void> core)
      : stream_(stream), context_(context), core_(std::move(core)) {}

  Awaitable<void> Run() {
    error_code error;
    const auto peer = stream_.socket().remote_endpoint(error);
    client_ = error ? "" : peer.address().to_string() + ":" + std::to_string(peer.port());
    bool again = true;
    while (again) again = co_await ServeOne();
    stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_both, error);
  }

 private:
  // One request and its answer. False: the connection is to be closed.
  Awaitable<bool> ServeOne() {
    // A fresh parser per request; the buffer keeps what a pipelining client has sent ahead.
    Parser parser;
    parser.header_limit(static_cast<std::uint32_t>(context_.options.header_bytes_max));
    parser.body_limit(boost::none);  // checked here, with an answer of our own
    error_code error;
    stream_.expires_after(first_ ? context_.options.header_timeout : context_.options.idle_timeout);
    co_await beast::http::async_read_header(stream_, buffer_, parser, NoThrow(error));
    first_ = false;
    if (error) {
      co_await HandleHeaderError(error);
      co_return false;
    }

    Request request = TakeHeader(parser);
    const bool keep_alive = parser.keep_alive() && !context_.stopping;
    const bool is_http_10 = parser.get().version() == 10;
    if (request.Header("expect") == "100-continue") {
      const bool told = co_await Continue();
      if (!told) co_return false;
    }
    Refusal refusal;
    const bool has_body = co_await ReadBody(parser, request, refusal);
    if (!has_body) {
      if (!refusal.message.empty()) co_await Refuse(refusal);
      co_return false;
    }
    context_.bytes_in->Add(request.body.size());

    const bool is_head = request.method == "HEAD";
    context_.AddInFlight(1);
    Task<Response> task = context_.handler(std::move(request));
    std::shared_ptr<void> core = core_.lock();
    Response response = co_await AwaitTask(std::move(task), std::move(core));
    const bool again =
        co_await Answer(std::move(response), keep_alive && !context_.stopping, is_http_10, is_head);
    context_.AddInFlight(-1);
    co_return again;
  }

  Awaitable<void> HandleHeaderError(error_code error) {
    if (error == beast::http::error::end_of_stream || error == beast::error::timeout ||
        error == asio::error::operation_aborted || error == asio::error::connection_reset) {
      co_return;
    }
    if (error.category() ==
        beast::http::make_error_code(beast::http::error::bad_method).category()) {
      Refusal refusal{400, "malformed HTTP request: " + error.message()};
      if (error == beast::http::error::header_limit) {
        refusal = {431, "request header is larger than " +
                            std::to_string(context_.options.header_bytes_max) + " bytes"};
      }
      co_await Refuse(refusal);
    }
  }

  Request TakeHeader(const Parser& parser) {
    const auto& head = parser.get();
    Request request;
    request.method = std::string(head.method_string());
    request.target = std::string(head.target());
    const std::string_view target = WithoutAuthority(request.target);
    const std::size_t mark = target.find('?');
    request.path = std::string(target.substr(0, mark));
    if (mark != std::string_view::npos) request.query = std::string(target.substr(mark + 1));
    for (const auto& field : head) {
      request.headers.emplace_back(ToLowerAscii(std::string_view(field.name_string())),
                                   std::string(field.value()));
    }
    request.client = client_;
    return request;
  }

  Awaitable<bool> Continue() {
    error_code error;
    stream_.expires_after(context_.options.header_timeout);
    co_await asio::async_write(
        stream_, asio::buffer(std::string_view("HTTP/1.1 100 Continue\r\n\r\n")), NoThrow(error));
    co_return !error;
  }

  // False with a message: refuse with it. False without: the client is gone.
  Awaitable<bool> ReadBody(Parser& parser, Request& request, Refusal& refusal) {
    if (parser.chunked() && !request.Header("content-length").empty()) {
      refusal = {400, "request has both Content-Length and Transfer-Encoding"};
      co_return false;
    }
    const std::string_view coding = request.Header("transfer-encoding");
    if (!coding.empty() && ToLowerAscii(Trim(coding)) != "chunked") {
      refusal = {501, "Transfer-Encoding '" + std::string(coding) +
                          "' is not offered, expected chunked; Content-Encoding may be gzip"};
      co_return false;
    }
    stream_.expires_after(context_.options.body_timeout);
    if (parser.chunked()) {
      const bool whole = co_await ReadChunkedBody(parser, request, refusal);
      co_return whole;
    }
    const auto length = parser.content_length();
    if (!length || *length == 0) co_return true;
    if (*length > context_.options.body_bytes_max) {
      refusal = TooLarge();
      co_return false;
    }
    const bool whole = co_await ReadSizedBody(static_cast<std::size_t>(*length), request.body);
    co_return whole;
  }

  Awaitable<bool> ReadSizedBody(std::size_t length, std::string& body) {
    body.resize(std::min(length, kReadBytes));
    std::size_t there = asio::buffer_copy(asio::buffer(body), buffer_.data());
    buffer_.consume(there);
    while (true) {
      error_code error;
      co_await asio::async_read(stream_, asio::buffer(body) + there, NoThrow(error));
      if (error) co_return false;
      if (body.size() == length) co_return true;
      there = body.size();
      body.reserve(length);  // address space; memory is taken by what is cleared and read below
      body.resize(std::min(length, there + kReadBytes));
    }
  }

  Awaitable<bool> ReadChunkedBody(Parser& parser, Request& request, Refusal& refusal) {
    std::string piece(kChunkedReadBytes, '\0');
    while (!parser.is_done()) {
      parser.get().body().data = piece.data();
      parser.get().body().size = piece.size();
      error_code error;
      co_await beast::http::async_read(stream_, buffer_, parser, NoThrow(error));
      if (error == beast::http::error::need_buffer) error = {};
      if (error) {
        if (error.category() !=
            beast::http::make_error_code(beast::http::error::bad_method).category()) {
          co_return false;
        }
        refusal = {400, "malformed HTTP body: " + error.message()};
        co_return false;
      }
      request.body.append(piece.data(), piece.size() - parser.get().body().size);
      if (request.body.size() > context_.options.body_bytes_max) {
        refusal = TooLarge();
        co_return false;
      }
    }
    co_return true;
  }

  Refusal TooLarge() const {
    return {413, "max request size (" + std::to_string(context_.options.body_bytes_max) +
                     " bytes) exceeded"};
  }

  // Answers, then listens for a while so that the answer arrives.
  Awaitable<void> Refuse(const Refusal& refusal) {
    Response response;
    response.status = refusal.status;
    response.headers.emplace_back("Content-Type", "text/plain; charset=utf-8");
    response.body = refusal.message;
    co_await Answer(std::move(response), false, false, false);
    error_code error;
    stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, error);
    stream_.expires_after(kLingerTimeout);
    std::string sink(kChunkedReadBytes, '\0');
    for (std::size_t seen = 0; seen < kLingerBytesMax && !error;) {
      const std::size_t got = co_await stream_.async_read_some(asio::buffer(sink), NoThrow(error));
      seen += got;
    }
  }

  // The awaited calls stand alone in their statements: g++ 12 miscompiles them inside && and ?:.
  Awaitable<bool> Answer(Response response, bool keep_alive, bool is_http_10, bool is_head) {
    const bool is_chunked = response.stream != nullptr && !is_http_10;
    const bool has_body = response.status != 204 && response.status != 304;
    if (response.stream != nullptr && is_http_10) keep_alive = false;
    std::string text = Head(response, keep_alive, is_chunked, has_body);
    if (response.stream == nullptr && !is_head && has_body) text += response.body;
    const bool written = co_await Write(text);
    if (!written) co_return false;
    if (response.stream != nullptr && !is_head) {
      const bool whole = co_await AnswerStream(*response.stream, is_chunked);
      if (!whole) co_return false;
    }
    co_return keep_alive;
  }

  Awaitable<bool> AnswerStream(BodyStream& stream, bool is_chunked) {
    while (true) {
      Task<Result<std::optional<std::string>>> next = stream.Next();
      std::shared_ptr<void> core = core_.lock();
      Result<std::optional<std::string>> piece =
          co_await AwaitTask(std::move(next), std::move(core));
      if (!piece.ok()) {
        // Too late for another status: an answer without its end is the only sign left.
        Log(LogLevel::kWarn, "http", "answer to {} cut: {}", client_, piece.error().message);
        co_return false;
      }
      if (!piece->has_value()) break;
      if ((*piece)->empty()) continue;
      const std::string bytes = is_chunked ? Chunk(**piece) : std::move(**piece);
      const bool written = co_await Write(bytes);
      if (!written) co_return false;
    }
    if (!is_chunked) co_return true;
    const std::string last = "0\r\n\r\n";
    const bool written = co_await Write(last);
    co_return written;
  }

  std::string Head(const Response& response, bool keep_alive, bool is_chunked, bool has_body) {
    const auto reason =
        beast::http::obsolete_reason(static_cast<beast::http::status>(response.status));
    std::string head =
        "HTTP/1.1 " + std::to_string(response.status) + " " + std::string(reason) + "\r\n";
    for (const auto& [name, value] : response.headers) {
      head.append(name).append(": ").append(value).append("\r\n");
    }
    if (is_chunked) {
      head += "Transfer-Encoding: chunked\r\n";
    } else if (response.stream == nullptr && has_body) {
      head += "Content-Length: " + std::to_string(response.body.size()) + "\r\n";
    }
    if (!keep_alive) head += "Connection: close\r\n";
    head += "\r\n";
    return head;
  }

  static std::string Chunk(const std::string& piece) {
    char size[20];
    const int length = std::snprintf(size, sizeof size, "%zx\r\n", piece.size());
    std::string out;
    out.reserve(piece.size() + 24);
    out.append(size, static_cast<std::size_t>(length)).append(piece).append("\r\n");
    return out;
  }

  Awaitable<bool> Write(const std::string& bytes) {
    error_code error;
    stream_.expires_after(context_.options.stall_timeout);
    co_await asio::async_write(stream_, asio::buffer(bytes), NoThrow(error));
    context_.bytes_out->Add(bytes.size());
    co_return !error;
  }

  Stream& stream_;
  ConnectionContext& context_;
  const std::weak_ptr<void> core_;
  beast::flat_buffer buffer_;
  std::string client_;
  bool first_ = true;
};

}  // namespace

Awaitable<void> ServeConnection(Stream stream, std::shared_ptr<ConnectionContext> context,
                                std::weak_ptr<void> core) {
  context->open_connections->Add(1);
  try {
    error_code error;
    stream.socket().set_option(asio::ip::tcp::no_delay(true), error);
    Session session(stream, *context, std::move(core));
    co_await session.Run();
  } catch (const std::exception& e) {  // out of memory for one body must not end the others
    Log(LogLevel::kError, "http", "connection ended: {}", e.what());
  }
  context->open_connections->Add(-1);
}

}  // namespace tidemill::http
