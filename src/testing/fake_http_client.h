// An http::Client that reaches no server: it notes every request and answers as a test says.
//
// One FakeHttp stands for the server; the clients it makes share its record. Thread-safe.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/status_macros.h"
#include "http/client.h"

namespace tidemill::testing {

class FakeHttp {
 public:
  struct Request {
    http::ClientOptions options;
    std::string method;
    std::string target;
    http::Pairs headers;
    std::string body;
  };
  using Answer = std::function<Result<http::ClientResponse>(const Request&)>;

  // Until told otherwise, every request is answered with 200 and no body.
  void SetAnswer(Answer answer) {
    MutexLock lock(mutex_);
    answer_ = std::move(answer);
  }
  void SetAnswer(int status, std::string reason, std::string body) {
    SetAnswer([=](const Request&) -> Result<http::ClientResponse> {
      return http::ClientResponse{status, reason, {}, body};
    });
  }
  std::vector<Request> requests() const {
    MutexLock lock(mutex_);
    return requests_;
  }
  std::unique_ptr<http::Client> Connect(http::ClientOptions options) {
    return std::make_unique<Client>(*this, std::move(options));
  }

 private:
  class Client final : public http::Client {
   public:
    Client(FakeHttp& server, http::ClientOptions options)
        : server_(server), options_(std::move(options)) {}
    Result<http::ClientResponse> Send(std::string_view method, std::string_view target,
                                      const http::Pairs& headers, std::string_view body) override {
      return server_.Handle(
          {options_, std::string(method), std::string(target), headers, std::string(body)});
    }
    // In pieces of three bytes, so that nobody relies on getting it whole.
    Result<http::ClientResponse> SendStreaming(
        std::string_view method, std::string_view target, const http::Pairs& headers,
        std::string_view body, const std::function<Status(std::string_view)>& sink) override {
      TRY_ASSIGN(http::ClientResponse response, Send(method, target, headers, body));
      if (response.status / 100 != 2) return response;
      const std::string whole = std::exchange(response.body, {});
      for (std::size_t at = 0; at < whole.size(); at += 3) {
        TRY(sink(std::string_view(whole).substr(at, 3)));
      }
      return response;
    }

   private:
    FakeHttp& server_;
    const http::ClientOptions options_;
  };

  Result<http::ClientResponse> Handle(Request request) {
    Answer answer;
    {
      MutexLock lock(mutex_);
      requests_.push_back(request);
      answer = answer_;
    }
    if (!answer) return http::ClientResponse{200, "OK", {}, ""};
    return answer(request);
  }

  mutable Mutex mutex_;
  Answer answer_ GUARDED_BY(mutex_);
  std::vector<Request> requests_ GUARDED_BY(mutex_);
};

}  // namespace tidemill::testing
