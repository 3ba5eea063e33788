#include "cli/batch_writer.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/gzip.h"
#include "base/status_macros.h"
#include "cli/api.h"

namespace tidemill::cli {
namespace {

constexpr std::size_t kRejectionsShownMax = 10;

// One refused line as the server names it; line numbers count from the start of the whole input.
std::string PrintRejection(const nlohmann::json& entry, const LineBatch& batch) {
  const auto number = entry.value("line_number", std::size_t{1});
  return fmt::format("line {}: {}: {}", batch.first_line + number - 1,
                     entry.value("error_message", std::string("rejected")),
                     entry.value("original_line", std::string()));
}

// The refused lines in an answer; none when it is another kind of answer.
std::vector<std::string> Rejections(const http::ClientResponse& response, const LineBatch& batch,
                                    bool& is_partial) {
  std::vector<std::string> out;
  const auto json = nlohmann::json::parse(response.body, nullptr, false);
  const auto data = json.is_object() ? json.find("data") : json.end();
  if (!json.is_object() || data == json.end()) return out;
  is_partial = data->is_array();
  try {
    if (data->is_object()) out.push_back(PrintRejection(*data, batch));
    if (data->is_array()) {
      for (const auto& entry : *data) out.push_back(PrintRejection(entry, batch));
    }
  } catch (const nlohmann::json::exception&) {
    // Not a shape this client knows: the answer is shown as it is.
    is_partial = false;
    out.clear();
  }
  return out;
}

}  // namespace

BatchWriter::BatchWriter(OpenClient open, Options options)
    : open_(std::move(open)), options_(std::move(options)), queue_(options_.connections) {}

BatchWriter::~BatchWriter() { queue_.Close(); }

bool BatchWriter::Send(LineBatch batch) {
  if (senders_.size() < options_.connections) {
    senders_.emplace_back([this] { SendLoop(); });
  }
  return queue_.Push(std::move(batch));
}

Status BatchWriter::Finish() {
  queue_.Close();
  senders_.clear();  // joins
  MutexLock lock(mutex_);
  return failure_;
}

WriteSummary BatchWriter::summary() const {
  MutexLock lock(mutex_);
  return summary_;
}

void BatchWriter::SendLoop() {
  auto client = open_();
  if (!client.ok()) return Fail(std::move(client).error());
  while (const auto batch = queue_.Pop()) {
    {
      MutexLock lock(mutex_);
      if (!failure_.ok()) return;
    }
    auto sent = SendOne(**client, *batch);
    if (!sent.ok()) return Fail(std::move(sent).error());
  }
}

Status BatchWriter::SendOne(http::Client& client, const LineBatch& batch) {
  http::Pairs headers = {{"Content-Type", "text/plain; charset=utf-8"}};
  if (options_.gzip) headers.emplace_back("Content-Encoding", "gzip");
  TRY_ASSIGN(const http::ClientResponse response,
             options_.gzip ? client.Send("POST", options_.target, headers, Gzip(batch.text))
                           : client.Send("POST", options_.target, headers, batch.text));
  if (response.status / 100 != 2) return Rejected(response, batch);
  MutexLock lock(mutex_);
  ++summary_.requests;
  summary_.lines += batch.lines;
  summary_.bytes += batch.text.size();
  return Ok();
}

Status BatchWriter::Rejected(const http::ClientResponse& response, const LineBatch& batch) {
  bool is_partial = false;
  const auto rejections = Rejections(response, batch, is_partial);
  MutexLock lock(mutex_);
  for (const std::string& rejection : rejections) {
    if (summary_.rejections.size() < kRejectionsShownMax) summary_.rejections.push_back(rejection);
  }
  summary_.rejected_lines += rejections.size();
  if (!is_partial || !options_.accept_partial) return ApiError(response);
  ++summary_.requests;
  summary_.lines += batch.lines - std::min(batch.lines, rejections.size());
  summary_.bytes += batch.text.size();
  return Ok();
}

void BatchWriter::Fail(Error error) {
  {
    MutexLock lock(mutex_);
    if (failure_.ok()) failure_ = std::move(error);
  }
  queue_.Close();
}

}  // namespace tidemill::cli
