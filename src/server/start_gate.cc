#include "server/start_gate.h"

#include "server/errors.h"
#include "server/routes/health.h"

namespace tidemill::server {

void StartGate::Note(std::string step) {
  MutexLock lock(mutex_);
  step_ = std::move(step);
}

Task<http::Response> StartGate::Handle(http::Request request) {
  if (Router* const router = router_.load(std::memory_order_acquire)) {
    co_return co_await router->Handle(std::move(request));
  }
  co_return AnswerEarly(request);
}

http::Response StartGate::AnswerEarly(const http::Request& request) {
  http::Response response;
  if (request.path == "/ping") {
    response = PingResponse(info_);
  } else if (request.path == "/metrics") {
    response = MetricsResponse(metrics_);
  } else {
    Error starting = UnavailableError("the server is starting: ");
    {
      MutexLock lock(mutex_);
      starting.message += step_;
    }
    const bool is_health = request.path == "/health" || request.path == "/api/v1/health";
    response = is_health ? PlainError(starting) : JsonError(starting);
  }
  response.headers.emplace_back("Access-Control-Allow-Origin", "*");
  return response;
}

}  // namespace tidemill::server
