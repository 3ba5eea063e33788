#include "http/client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <optional>

#include "base/strings.h"

namespace tidemill::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using boost::system::error_code;

constexpr std::size_t kReadBytes = 64 << 10;

struct Url {
  bool tls = false;
  std::string host;
  std::string port;
  std::string prefix;  // path before every target, without a slash at its end
};

Result<Url> ParseUrl(const std::string& text) {
  Url url;
  std::string_view rest = text;
  if (rest.starts_with("https://")) {
    url.tls = true;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return InvalidError("host URL '" + text + "': expected http://HOST:PORT or https://HOST:PORT");
  }
  const std::size_t slash = rest.find('/');
  std::string_view authority = rest.substr(0, slash);
  if (slash != std::string_view::npos) url.prefix = rest.substr(slash);
  while (url.prefix.ends_with('/')) url.prefix.pop_back();
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  url.host = authority.substr(0, has_port ? colon : authority.size());
  url.port = has_port ? authority.substr(colon + 1) : (url.tls ? "443" : "80");
  if (url.host.starts_with('[') && url.host.ends_with(']'))
    url.host = url.host.substr(1, url.host.size() - 2);
  if (url.host.empty() || url.port.empty()) {
    return InvalidError("host URL '" + text + "': expected http://HOST:PORT or https://HOST:PORT");
  }
  return url;
}

class BeastClient final : public Client {
 public:
  BeastClient(ClientOptions options, Url url)
      : options_(std::move(options)), url_(std::move(url)), tls_(asio::ssl::context::tls_client) {}

  Status LoadTls() {
    if (!url_.tls) return Ok();
    error_code error;
    if (options_.tls_ca.empty()) {
      tls_.set_default_verify_paths(error);
    } else {
      tls_.load_verify_file(options_.tls_ca, error);
      if (error) return InvalidError("CA file '" + options_.tls_ca + "': " + error.message());
    }
    tls_.set_verify_mode(options_.tls_no_verify ? asio::ssl::verify_none : asio::ssl::verify_peer,
                         error);
    return Ok();
  }

  Result<ClientResponse> Send(std::string_view method, std::string_view target,
                              const Pairs& headers, std::string_view body) override {
    std::string whole;
    auto response =
        SendStreaming(method, target, headers, body, [&whole](std::string_view piece) -> Status {
          whole.append(piece);
          return Ok();
        });
    if (response.ok() && response->body.empty()) response->body = std::move(whole);
    return response;
  }

  Result<ClientResponse> SendStreaming(
      std::string_view method, std::string_view target, const Pairs& headers, std::string_view body,
      const std::function<Status(std::string_view)>& sink) override {
    beast::http::request<beast::http::span_body<const char>> request;
    request.method_string(std::string(method));
    request.target(url_.prefix + std::string(target));
    request.version(11);
    request.set(beast::http::field::host,
                url_.port == "80" || url_.port == "443" ? url_.host : url_.host + ":" + url_.port);
    request.set(beast::http::field::user_agent, "tidemill-cli");
    if (!options_.token.empty())
      request.set(beast::http::field::authorization, "Bearer " + options_.token);
    for (const auto& [name, value] : headers) request.set(name, value);
    request.body() = beast::span<const char>(body.data(), body.size());
    request.prepare_payload();

    // A kept connection may have been closed by the server meanwhile: that is found when it is
    // used, and nothing of the answer has come, so the request goes once more over a new one.
    const bool was_open = open_;
    auto response = Exchange(request, sink);
    if (!response.ok() && was_open && !answer_begun_) response = Exchange(request, sink);
    return response;
  }

 private:
  template <typename RequestType>
  Result<ClientResponse> Exchange(RequestType& request,
                                  const std::function<Status(std::string_view)>& sink) {
    answer_begun_ = false;
    if (!open_) {
      if (auto connected = Connect(); !connected.ok()) return std::move(connected).error();
    }
    return tls_stream_ ? ExchangeOn(*tls_stream_, request, sink)
                       : ExchangeOn(*stream_, request, sink);
  }

  Status Connect() {
    buffer_.clear();
    tls_stream_.reset();
    stream_.reset();
    asio::ip::tcp::resolver resolver(loop_);
    error_code error;
    const auto endpoints = resolver.resolve(url_.host, url_.port, error);
    if (error) return Failed("cannot resolve '" + url_.host + "'", error);
    if (url_.tls) {
      tls_stream_.emplace(loop_, tls_);
      if (!SSL_set_tlsext_host_name(tls_stream_->native_handle(), url_.host.c_str())) {
        return InternalError("cannot set the TLS host name '" + url_.host + "'");
      }
      if (!options_.tls_no_verify)
        tls_stream_->set_verify_callback(asio::ssl::host_name_verification(url_.host));
    } else {
      stream_.emplace(loop_);
    }
    auto& lowest = url_.tls ? beast::get_lowest_layer(*tls_stream_) : *stream_;
    lowest.expires_after(options_.connect_timeout);
    lowest.async_connect(endpoints, [&error](error_code e, const auto&) { error = e; });
    RunLoop();
    if (!error && url_.tls) {
      tls_stream_->async_handshake(asio::ssl::stream_base::client,
                                   [&error](error_code e) { error = e; });
      RunLoop();
    }
    if (error) return Failed("cannot connect to " + options_.url, error);
    lowest.socket().set_option(asio::ip::tcp::no_delay(true), error);
    open_ = true;
    return Ok();
  }

  template <typename StreamType, typename RequestType>
  Result<ClientResponse> ExchangeOn(StreamType& stream, RequestType& request,
                                    const std::function<Status(std::string_view)>& sink) {
    auto& lowest = beast::get_lowest_layer(stream);
    error_code error;
    lowest.expires_after(options_.read_timeout);
    beast::http::async_write(stream, request, [&error](error_code e, std::size_t) { error = e; });
    RunLoop();
    // An early refusal (413) may arrive while the body is still being sent: the answer says why.
    const error_code write_error = error;

    beast::http::response_parser<beast::http::buffer_body> parser;
    parser.body_limit(boost::none);
    error = {};
    beast::http::async_read_header(stream, buffer_, parser,
                                   [&error](error_code e, std::size_t) { error = e; });
    RunLoop();
    if (error) {
      open_ = false;
      return Failed("no answer from " + options_.url, write_error ? write_error : error);
    }
    answer_begun_ = true;
    ClientResponse response;
    response.status = static_cast<int>(parser.get().result_int());
    response.reason = std::string(parser.get().reason());
    for (const auto& field : parser.get()) {
      response.headers.emplace_back(ToLowerAscii(std::string_view(field.name_string())),
                                    std::string(field.value()));
    }
    const bool to_sink = response.status / 100 == 2;
    std::string piece(kReadBytes, '\0');
    while (!parser.is_done()) {
      parser.get().body().data = piece.data();
      parser.get().body().size = piece.size();
      lowest.expires_after(options_.read_timeout);
      beast::http::async_read(stream, buffer_, parser,
                              [&error](error_code e, std::size_t) { error = e; });
      RunLoop();
      if (error == beast::http::error::need_buffer) error = {};
      if (error) {
        open_ = false;
        return Failed("the answer of " + options_.url + " ended early", error);
      }
      const std::string_view got(piece.data(), piece.size() - parser.get().body().size);
      if (!to_sink) {
        response.body.append(got);
      } else if (auto taken = sink(got); !taken.ok()) {
        open_ = false;
        return std::move(taken).error();
      }
    }
    open_ = parser.keep_alive() && !write_error;
    return response;
  }

  void RunLoop() {
    loop_.restart();
    loop_.run();
  }

  static Error Failed(const std::string& what, error_code error) {
    if (error == beast::error::timeout) return {ErrorCode::kTimeout, what + ": timed out"};
    return UnavailableError(what + ": " + error.message());
  }

  const ClientOptions options_;
  const Url url_;
  asio::io_context loop_{1};
  asio::ssl::context tls_;
  std::optional<beast::tcp_stream> stream_;
  std::optional<beast::ssl_stream<beast::tcp_stream>> tls_stream_;
  beast::flat_buffer buffer_;
  bool open_ = false;
  bool answer_begun_ = false;
};

}  // namespace

Result<std::unique_ptr<Client>> Client::Create(ClientOptions options) {
  auto url = ParseUrl(options.url);
  if (!url.ok()) return std::move(url).error();
  auto client = std::make_unique<BeastClient>(std::move(options), std::move(url).value());
  if (auto loaded = client->LoadTls(); !loaded.ok()) return std::move(loaded).error();
  return std::unique_ptr<Client>(std::move(client));
}

}  // namespace tidemill::http
