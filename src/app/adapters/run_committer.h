// engine::RunCommitter over ingest and the WAL: outputs, cursor and run row in one record.
#pragma once

#include "base/clock.h"
#include "engine/ports.h"
#include "ingest/write_service.h"
#include "storage/storage.h"
#include "wal/wal.h"

namespace tidemill::app {

class RunCommitterAdapter final : public engine::RunCommitter {
 public:
  RunCommitterAdapter(ingest::WriteService& writes, wal::Wal& wal, const storage::Storage& storage)
      : writes_(writes), wal_(wal), storage_(storage) {}
  Task<Result<std::variant<Sequence, engine::OutputRefused>>> Commit(
      const engine::RunCommitRequest& request) override;
  Task<Status> WriteSync(std::string database, std::string lines, bool no_sync, TriggerId origin,
                         std::uint8_t depth) override;

 private:
  ingest::WriteService& writes_;
  wal::Wal& wal_;
  const storage::Storage& storage_;
};

}  // namespace tidemill::app
