#include "http/server.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <charconv>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/thread_pool.h"
#include "http/connection.h"

namespace tidemill::http {
namespace {

using asio::ip::tcp;
using boost::system::error_code;
using Acceptor = asio::basic_socket_acceptor<tcp, Executor>;

Result<tcp::endpoint> ParseBind(const std::string& bind) {
  const std::size_t colon = bind.rfind(':');
  const Error bad =
      InvalidError("HTTP address '" + bind + "': expected HOST:PORT, such as 127.0.0.1:8181");
  if (colon == std::string::npos) return bad;
  std::string host = bind.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  if (host.empty()) host = "0.0.0.0";
  std::uint16_t port = 0;
  const char* end = bind.data() + bind.size();
  const auto [rest, failed] = std::from_chars(bind.data() + colon + 1, end, port);
  error_code error;
  const auto address = asio::ip::make_address(host, error);
  if (failed != std::errc() || rest != end || error) return bad;
  return tcp::endpoint(address, port);
}

// The loops and what runs on them. Connections hold it, so it outlives the last of them.
struct Core {
  explicit Core(std::size_t threads) {
    for (std::size_t i = 0; i < threads; ++i)
      loops.push_back(std::make_unique<asio::io_context>(1));
  }
  std::vector<std::unique_ptr<asio::io_context>> loops;
};

class BeastServer final : public Server {
 public:
  BeastServer(Options options, Handler handler, observe::Metrics& metrics)
      : core_(std::make_shared<Core>(std::max<std::size_t>(1, options.threads))),
        context_(std::make_shared<ConnectionContext>()),
        acceptor_(*core_->loops[0]) {
    context_->options = std::move(options);
    context_->handler = std::move(handler);
    context_->open_connections = &metrics.gauge("http_connections", "Open HTTP connections");
    context_->bytes_in =
        &metrics.counter("http_request_body_bytes_total", "Bytes of request bodies read");
    context_->bytes_out =
        &metrics.counter("http_response_bytes_total", "Bytes of responses written");
  }
  ~BeastServer() override { Stop(std::chrono::nanoseconds(0)); }

  Status Open(const tcp::endpoint& endpoint) {
    error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    const std::string where = context_->options.bind;
    if (error == asio::error::address_in_use) {
      return ConflictError("address " + where +
                           " is in use: another server runs there, or choose one with --http-bind");
    }
    if (error) return InvalidError("cannot listen on " + where + ": " + error.message());
    const auto local = acceptor_.local_endpoint();
    address_ = (local.address().is_v6() ? "[" + local.address().to_string() + "]"
                                        : local.address().to_string()) +
               ":" + std::to_string(local.port());
    asio::co_spawn(acceptor_.get_executor(), Accept(), asio::detached);
    for (std::size_t i = 0; i < core_->loops.size(); ++i) {
      threads_.emplace_back([core = core_, i] {
        SetThreadName("http-" + std::to_string(i));
        auto work = asio::make_work_guard(*core->loops[i]);
        core->loops[i]->run();
      });
    }
    return Ok();
  }

  std::string address() const override { return address_; }

  void Stop(std::chrono::nanoseconds limit) override {
    if (std::exchange(stopped_, true)) return;
    context_->stopping = true;
    asio::post(acceptor_.get_executor(), [this] {
      error_code error;
      acceptor_.close(error);
    });
    // Requests under way end by themselves; idle connections would not, so the wait is for the ones
    // at work.
    {
      MutexLock lock(context_->mutex);
      while (context_->in_flight > 0 && context_->idle.WaitFor(context_->mutex, limit)) {
      }
    }
    for (auto& loop : core_->loops) loop->stop();
    threads_.clear();  // joins
  }

 private:
  Awaitable<void> Accept() {
    std::size_t next = 0;
    while (acceptor_.is_open()) {
      auto& loop = *core_->loops[next++ % core_->loops.size()];
      asio::basic_stream_socket<tcp, Executor> socket(loop);
      error_code error;
      co_await acceptor_.async_accept(socket, asio::redirect_error(kUseAwaitable, error));
      if (error == asio::error::operation_aborted || !acceptor_.is_open()) co_return;
      if (error || context_->open_connections->value() >=
                       static_cast<std::int64_t>(context_->options.connections_max)) {
        // Out of descriptors or over the limit: give the others time to end rather than spin.
        if (error) Log(LogLevel::kWarn, "http", "accept: {}", error.message());
        socket.close(error);
        asio::basic_waitable_timer<std::chrono::steady_clock,
                                   asio::wait_traits<std::chrono::steady_clock>, Executor>
            pause(acceptor_.get_executor(), std::chrono::milliseconds(20));
        co_await pause.async_wait(asio::redirect_error(kUseAwaitable, error));
        continue;
      }
      asio::co_spawn(loop.get_executor(),
                     ServeConnection(Stream(std::move(socket)), context_, core_), asio::detached);
    }
  }

  const std::shared_ptr<Core> core_;
  const std::shared_ptr<ConnectionContext> context_;
  Acceptor acceptor_;
  std::string address_;
  bool stopped_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::Listen(Options options, Handler handler,
                                               observe::Metrics& metrics) {
  auto endpoint = ParseBind(options.bind);
  if (!endpoint.ok()) return std::move(endpoint).error();
  auto server = std::make_unique<BeastServer>(std::move(options), std::move(handler), metrics);
  if (auto opened = server->Open(*endpoint); !opened.ok()) return std::move(opened).error();
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace tidemill::http
