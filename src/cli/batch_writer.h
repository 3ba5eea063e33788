// Sends batches of line protocol over several connections at once, and sums up what came of them.
//
// Used by commands/write.cc. One thread per connection; Send waits while all are busy.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/bounded_queue.h"
#include "base/mutex.h"
#include "base/result.h"
#include "cli/line_batcher.h"
#include "http/client.h"

namespace tidemill::cli {

struct WriteSummary {
  std::size_t requests = 0;  // answered, and their lines stored
  std::size_t lines = 0;
  std::size_t bytes = 0;
  std::size_t rejected_lines = 0;
  std::vector<std::string> rejections;  // the first of them: "line 7: …"
};

class BatchWriter {
 public:
  struct Options {
    std::string target;  // path and query of the write request
    bool gzip = false;
    bool accept_partial = false;  // rejected lines are counted, and the rest goes on
    std::size_t connections = 1;
  };
  using OpenClient = std::function<Result<std::unique_ptr<http::Client>>()>;

  BatchWriter(OpenClient open, Options options);
  ~BatchWriter();

  // False: an earlier batch failed, and no more are sent.
  bool Send(LineBatch batch);
  // Waits for every batch. The error is the first one.
  Status Finish();
  WriteSummary summary() const EXCLUDES_LOCK(mutex_);

 private:
  void SendLoop() EXCLUDES_LOCK(mutex_);
  Status SendOne(http::Client& client, const LineBatch& batch) EXCLUDES_LOCK(mutex_);
  Status Rejected(const http::ClientResponse& response, const LineBatch& batch)
      EXCLUDES_LOCK(mutex_);
  void Fail(Error error) EXCLUDES_LOCK(mutex_);

  const OpenClient open_;
  const Options options_;
  BoundedQueue<LineBatch> queue_;
  mutable Mutex mutex_;
  WriteSummary summary_ GUARDED_BY(mutex_);
  Status failure_ GUARDED_BY(mutex_) = Ok();
  std::vector<std::jthread> senders_;
};

}  // namespace tidemill::cli
