// Where our tasks meet Asio: the coroutine type of connections, and awaiting a Task from one.
//
// Private to http/: includes Asio, so only connection.cc and server.cc include it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <memory>
#include <utility>

#include "base/task.h"

namespace tidemill::http {

namespace asio = boost::asio;
namespace beast = boost::beast;

// A concrete executor: measurably cheaper than any_io_executor.
using Executor = asio::io_context::executor_type;
using Stream = beast::basic_stream<asio::ip::tcp, Executor>;
template <typename T>
using Awaitable = asio::awaitable<T, Executor>;
inline constexpr asio::use_awaitable_t<Executor> kUseAwaitable;

// The task may end on any thread; the connection goes on, on its own loop. `keep` (the server's
// core) lives until then, so a task that outlasts a hurried stop finds its loop still there. Only
// the task's callback holds it: a coroutine frame that did would own the loop that owns it.
template <typename T>
Awaitable<T> AwaitTask(Task<T> task, std::shared_ptr<void> keep) {
  const Executor executor = co_await asio::this_coro::executor;
  // A local, not a temporary: g++ 12 destroys the captures of a lambda twice that is made inside a
  // co_await expression.
  auto initiate = [executor, keep = std::move(keep)](auto handler, Task<T> inner) mutable {
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    auto then = [shared, executor, keep = std::move(keep),
                 work = asio::make_work_guard(executor)](T value) {
      asio::post(executor, [shared, value = std::move(value), keep]() mutable {
        (*shared)(std::move(value));
      });
    };
    StartTask(std::move(inner), std::move(then));
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<Executor>, void(T)>(
      std::move(initiate), kUseAwaitable, std::move(task));
}

}  // namespace tidemill::http
