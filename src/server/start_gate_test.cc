#include "server/start_gate.h"

#include <gtest/gtest.h>

namespace tidemill::server {
namespace {

http::Response Ask(StartGate& gate, const std::string& method, const std::string& path) {
  http::Request request;
  request.method = method;
  request.target = path;
  request.path = path;
  return BlockOn(gate.Handle(std::move(request)));
}

bool HasHeader(const http::Response& response, const std::string& name, const std::string& value) {
  for (const auto& [key, text] : response.headers) {
    if (key == name && text == value) return true;
  }
  return false;
}

TEST(StartGate, SaysHowFarTheStartHasCome) {
  observe::Metrics metrics;
  StartGate gate(metrics, {});
  gate.Note("replaying the log: 1 of 2 MiB");
  const http::Response health = Ask(gate, "GET", "/health");
  EXPECT_EQ(health.status, 503);
  EXPECT_EQ(health.body, "the server is starting: replaying the log: 1 of 2 MiB");
  EXPECT_TRUE(HasHeader(health, "Retry-After", "1"));
}

TEST(StartGate, AsksWritersAndReadersToComeAgain) {
  observe::Metrics metrics;
  StartGate gate(metrics, {});
  for (const char* path : {"/api/v3/write_lp", "/api/v3/query_sql", "/no/such/path"}) {
    SCOPED_TRACE(path);
    const http::Response answer = Ask(gate, "POST", path);
    EXPECT_EQ(answer.status, 503);
    EXPECT_EQ(answer.body, R"({"error":"the server is starting: opening the data directory"})");
    EXPECT_TRUE(HasHeader(answer, "Retry-After", "1"));
  }
}

TEST(StartGate, AnswersPingAndMetrics) {
  observe::Metrics metrics;
  metrics.counter("some_total", "Some").Add(3);
  ServerInfo info;
  info.version = "1.2.3";
  StartGate gate(metrics, info);
  EXPECT_EQ(Ask(gate, "GET", "/ping").status, 200);
  EXPECT_NE(Ask(gate, "GET", "/ping").body.find("1.2.3"), std::string::npos);
  EXPECT_NE(Ask(gate, "GET", "/metrics").body.find("some_total 3"), std::string::npos);
}

}  // namespace
}  // namespace tidemill::server
