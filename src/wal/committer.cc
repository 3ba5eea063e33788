#include "wal/committer.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "base/log.h"
#include "base/status_macros.h"

namespace tidemill::wal {
namespace {

Ticket Refused(Error error) {
  const Ticket ticket;
  ticket.Complete(std::move(error));
  return ticket;
}

Error NothingStored(std::string_view reason) {
  return UnavailableError(fmt::format("{}; nothing was stored", reason));
}

}  // namespace

Committer::Committer(Clock& clock, observe::Metrics& metrics, GroupSink& sink, Options options)
    : clock_(clock),
      sink_(sink),
      options_(options),
      groups_(metrics.counter("tidemill_wal_groups_total", "Groups made durable")),
      records_(metrics.counter("tidemill_wal_records_total", "Records made durable")),
      bytes_(metrics.counter("tidemill_wal_record_bytes_total", "Bytes of records made durable")),
      store_seconds_(
          metrics.histogram("tidemill_wal_store_seconds", "Time to write and sync one group")),
      refusing_(metrics.gauge("tidemill_wal_refusing", "1 while writes are refused")) {
  MutexLock lock(mutex_);
  open_.first = options.last + 1;
  visible_ = options.last;
}

Committer::~Committer() { Stop(); }

void Committer::Start() {
  thread_ = std::jthread([this] { Run(); });
}

void Committer::Stop() {
  {
    MutexLock lock(mutex_);
    is_stopping_ = true;
    work_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
  PendingGroup none;
  Fail(none, UnavailableError("shutting down"));
}

Ticket Committer::Append(PendingRecord record, Sequence* sequence) {
  if (sequence != nullptr) *sequence = 0;
  MutexLock lock(mutex_);
  if (auto refusal = Refusal(record.plain_bytes)) return Refused(*std::move(refusal));
  const Ticket ticket = record.ticket;
  open_.plain_bytes += record.plain_bytes;
  open_.records.push_back(std::move(record));
  if (sequence != nullptr) *sequence = open_.last();
  if (!is_committing_) work_.NotifyOne();
  return ticket;
}

std::optional<Error> Committer::Refusal(std::size_t plain_bytes) const {
  if (is_stopping_) return NothingStored("shutting down");
  if (state_ == State::kFailed) return NothingStored(reason_);
  if (state_ == State::kFull && !IsRecoveryDue()) return NothingStored(reason_);
  if (!open_.records.empty() && open_.plain_bytes + plain_bytes > options_.open_group_bytes_max) {
    return NothingStored(
        fmt::format("{} bytes wait for the disk already, the limit is {}: try "
                    "again",
                    open_.plain_bytes, options_.open_group_bytes_max));
  }
  return std::nullopt;
}

bool Committer::IsRecoveryDue() const { return clock_.Steady() >= recover_at_; }

Ticket Committer::Barrier() {
  const Ticket ticket;
  MutexLock lock(mutex_);
  if (open_.empty() && !is_committing_) {
    ticket.Complete(visible_);
    return ticket;
  }
  open_.barriers.push_back(ticket);
  return ticket;
}

void Committer::Run() {
  while (auto group = NextGroup()) {
    Commit(*group);
    MutexLock lock(mutex_);
    is_committing_ = false;
  }
}

std::optional<PendingGroup> Committer::NextGroup() {
  MutexLock lock(mutex_);
  while (open_.empty() && !is_stopping_) {
    if (state_ != State::kFull) {
      work_.Wait(mutex_);
    } else if (!work_.WaitFor(mutex_, kRecoverInterval) && open_.empty() && IsRecoveryDue()) {
      break;
    }
  }
  if (open_.empty() && is_stopping_) return std::nullopt;
  Linger();
  is_committing_ = true;
  PendingGroup group = std::move(open_);
  open_ = PendingGroup{.first = group.first + group.records.size(), .records = {}, .barriers = {}};
  return group;
}

void Committer::Linger() {
  if (options_.linger.count() <= 0 || open_.empty()) return;
  const auto until = clock_.Steady() + options_.linger;
  for (auto left = options_.linger; left.count() > 0 && !is_stopping_;
       left = until - clock_.Steady()) {
    if (!work_.WaitFor(mutex_, left)) return;
  }
}

void Committer::Commit(PendingGroup& group) {
  if (const Status stored = StoreGroup(group); !stored.ok()) {
    EnterRefusal(stored.error());
    Fail(group, {stored.error().code, Health()});
    return;
  }
  if (!group.records.empty()) sink_.Publish(group);
  Release(group);
  sink_.Tidy();
}

Status Committer::StoreGroup(const PendingGroup& group) {
  if (IsRecoveryWanted(group)) {
    TRY(sink_.Recover());
    Log(LogLevel::kInfo, "wal", "there is room again: writes are taken");
    MutexLock lock(mutex_);
    SetState(State::kOpen, "");
  }
  if (group.records.empty()) return Ok();
  const auto start = clock_.Steady();
  TRY(sink_.Store(group));
  store_seconds_.Observe((clock_.Steady() - start).count());
  groups_.Add();
  records_.Add(group.records.size());
  return Ok();
}

bool Committer::IsRecoveryWanted(const PendingGroup& group) const {
  MutexLock lock(mutex_);
  return state_ == State::kFull && (!group.records.empty() || IsRecoveryDue());
}

// Visible by now: whoever waits may look.
void Committer::Release(PendingGroup& group) {
  Sequence visible = 0;
  {
    MutexLock lock(mutex_);
    if (!group.records.empty()) visible_ = group.last();
    visible = visible_;
  }
  Sequence sequence = group.first;
  for (const PendingRecord& record : group.records) {
    bytes_.Add(record.bytes.size());
    record.ticket.Complete(sequence++);
  }
  for (const Ticket& barrier : group.barriers) barrier.Complete(visible);
}

void Committer::EnterRefusal(const Error& error) {
  MutexLock lock(mutex_);
  SetState(error.code == ErrorCode::kUnavailable ? State::kFull : State::kFailed, error.message);
  Log(LogLevel::kError, "wal", "writes are refused: {}", reason_);
}

// Also fails what has gathered in the open group meanwhile: it would not fare better.
void Committer::Fail(PendingGroup& group, const Error& error) {
  PendingGroup waiting;
  Sequence visible = 0;
  {
    MutexLock lock(mutex_);
    visible = visible_;
    std::swap(waiting.records, open_.records);
    std::swap(waiting.barriers, open_.barriers);
    open_.first += waiting.records.size();
    open_.plain_bytes = 0;
  }
  const Error not_stored = NothingStored(error.message);
  const Error& of_group = error.code == ErrorCode::kOutcomeUnknown ? error : not_stored;
  for (const PendingRecord& record : group.records) record.ticket.Complete(of_group);
  for (const PendingRecord& record : waiting.records) record.ticket.Complete(not_stored);

  const bool is_any_lost = !group.records.empty() || !waiting.records.empty();
  std::move(waiting.barriers.begin(), waiting.barriers.end(), std::back_inserter(group.barriers));
  for (const Ticket& barrier : group.barriers) {
    barrier.Complete(is_any_lost ? Result<Sequence>(of_group) : visible);
  }
}

void Committer::SetState(State state, std::string reason) {
  state_ = state;
  switch (state) {
    case State::kOpen: reason_.clear(); break;
    case State::kFull: reason_ = "disk full: " + std::move(reason); break;
    case State::kFailed: reason_ = "the WAL has failed: " + std::move(reason); break;
  }
  recover_at_ = clock_.Steady() + kRecoverInterval;
  refusing_.Set(state == State::kOpen ? 0 : 1);
}

void Committer::StartFull(const Error& error) {
  MutexLock lock(mutex_);
  SetState(State::kFull, error.message);
  Log(LogLevel::kError, "wal", "writes are refused: {}", reason_);
}

std::string Committer::Health() const {
  MutexLock lock(mutex_);
  return state_ == State::kOpen ? "ok" : reason_;
}

}  // namespace tidemill::wal
