#include "wal/wal.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/status_macros.h"
#include "wal/ballast.h"
#include "wal/committer.h"
#include "wal/group_frame.h"
#include "wal/ledger.h"
#include "wal/replay.h"
#include "wal/segment_log.h"
#include "wal/tail.h"

namespace tidemill::wal {
namespace {

// A frame's length is 32 bits: the largest group, with one record over the limit, stays far below.
constexpr std::size_t kOpenGroupBytesMax = 512 << 20;

// The files of a log: absent in memory mode. The order is that of closing: the lock goes last.
struct Disk {
  std::unique_ptr<FileLock> lock;
  Ballast ballast;
  SegmentLog segments;
};

GroupPtr MakeCommitted(const PendingGroup& group) {
  auto committed = std::make_shared<CommittedGroup>();
  committed->first = group.first;
  committed->last = group.last();
  committed->records.reserve(group.records.size());
  Sequence sequence = group.first;
  for (const PendingRecord& record : group.records) {
    committed->records.push_back({.sequence = sequence++,
                                  .record = record.record,
                                  .bytes = static_cast<std::uint32_t>(record.bytes.size())});
  }
  return committed;
}

}  // namespace

// Ties the parts together: what is durable (segments), what is visible (tail), what may go
// (ledger).
class Wal::Impl final : public GroupSink {
 public:
  Impl(Clock& clock, observe::Metrics& metrics, const Options& options, Replayed replayed,
       std::unique_ptr<Ledger> ledger, std::unique_ptr<Disk> disk)
      : replayed_(std::move(replayed)),
        ledger_(std::move(ledger)),
        disk_(std::move(disk)),
        tail_(options.tail_bytes_max, replayed_.last),
        segments_gauge_(metrics.gauge("tidemill_wal_segments", "Segment files kept")),
        committer_(
            clock, metrics, *this,
            {.last = replayed_.last,
             .open_group_bytes_max = std::min(options.open_group_bytes_max, kOpenGroupBytesMax),
             .linger = options.linger}) {}

  Status Store(const PendingGroup& group) override {
    if (disk_ == nullptr) return Ok();
    const Status stored = StoreOnDisk(group);
    if (!stored.ok() && stored.error().code == ErrorCode::kUnavailable) disk_->ballast.GiveUp();
    return stored;
  }

  void Publish(const PendingGroup& group) override {
    const GroupPtr committed = MakeCommitted(group);
    for (const CommittedRecord& record : committed->records) ledger_->Apply(*record.record);
    // Rows first, then the log, then the triggers: a plugin that queries the rows it was called for
    // must find them, however it came to be awake.
    auto listener = listeners_.begin();
    if (listener != listeners_.end()) (*listener++)->OnCommitted(committed);
    tail_.Publish(committed, group.plain_bytes, IsTailRead());
    for (; listener != listeners_.end(); ++listener) (*listener)->OnCommitted(committed);
  }

  Status Recover() override {
    Prune();  // what was flushed meanwhile may be all the room it takes
    Status room = disk_->ballast.TakeBack();
    if (room.ok()) room = BeginSegment(0);
    if (!room.ok()) disk_->ballast.GiveUp();
    return room;
  }

  void Tidy() override {
    if (disk_ == nullptr) return;
    Prune();
    segments_gauge_.Set(static_cast<std::int64_t>(disk_->segments.Segments().size()));
  }

  // The first segment of this start. A disk that is full already does not stop the server: reads
  // and deletes go on.
  Status Begin() {
    const Status begun = BeginSegment(0);
    if (begun.ok()) {
      disk_->ballast.Take();
      return begun;
    }
    if (begun.error().code != ErrorCode::kUnavailable) return begun;
    disk_->ballast.GiveUp();
    committer_.StartFull(begun.error());
    return Ok();
  }

 private:
  friend class Wal;

  void Prune() {
    if (const Status pruned = disk_->segments.Prune(ledger_->releasable()); !pruned.ok()) {
      Log(LogLevel::kWarn, "wal", "{}", pruned.error().message);
    }
  }

  // Only triggers follow the log; without a disk the tail is all there is of it.
  bool IsTailRead() const { return disk_ == nullptr || ledger_->has_triggers(); }

  Status BeginSegment(std::size_t frame_bytes) {
    const SegmentState state = ledger_->Capture(tail_.durable() + 1);
    TRY(disk_->segments.Begin(state, frame_bytes));
    ledger_->Captured(state);
    return Ok();
  }

  Status StoreOnDisk(const PendingGroup& group) {
    GroupFrameBuilder frame;
    std::size_t bytes = 0;
    for (const PendingRecord& record : group.records) bytes += record.bytes.size();
    frame.Reserve(group.records.size(), bytes);
    for (const PendingRecord& record : group.records) frame.Add(record.bytes);
    if (!disk_->segments.HasRoomFor(frame.bytes())) TRY(BeginSegment(frame.bytes()));
    return disk_->segments.Append(frame, group.first, group.last());
  }

  const Replayed replayed_;
  const std::unique_ptr<Ledger> ledger_;
  const std::unique_ptr<Disk> disk_;  // nullptr: --object-store memory
  Tail tail_;
  std::vector<GroupListener*> listeners_;
  observe::Gauge& segments_gauge_;
  Committer committer_;  // its thread uses all of the above
};

Result<std::unique_ptr<Wal>> Wal::Open(
    FileSystem& fs, Clock& clock, Random& random, observe::Metrics& metrics, Options options,
    const std::function<Status(const CommittedRecord&)>& replay) {
  auto ledger = std::make_unique<Ledger>();
  if (options.directory.empty()) {
    return std::unique_ptr<Wal>(new Wal(
        std::make_unique<Impl>(clock, metrics, options, Replayed{}, std::move(ledger), nullptr)));
  }
  const std::string& directory = options.directory;
  TRY(CreateDirectoriesDurably(fs, directory));
  TRY_ASSIGN(auto lock, fs.Lock(directory + "/lock"));
  TRY_ASSIGN(ReplayedLog log, ReplaySegments(fs, directory, *ledger, replay, options.on_replay));
  Replayed replayed{.last = log.last.sequence,
                    .records = log.records,
                    .torn_bytes = log.torn_bytes,
                    .triggers = ledger->triggers()};
  std::unique_ptr<Disk> disk(
      new Disk{.lock = std::move(lock),
               .ballast = Ballast(fs, directory, options.reserve_bytes),
               .segments = SegmentLog(fs, clock, random, directory, options.segment_bytes,
                                      std::move(log.segments), log.last)});
  auto impl = std::make_unique<Impl>(clock, metrics, options, std::move(replayed),
                                     std::move(ledger), std::move(disk));
  TRY(impl->Begin());
  return std::unique_ptr<Wal>(new Wal(std::move(impl)));
}

Wal::Wal(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Wal::~Wal() { Stop(); }

void Wal::Start(std::vector<GroupListener*> listeners) {
  impl_->listeners_ = std::move(listeners);
  impl_->committer_.Start();
}

void Wal::Stop() { impl_->committer_.Stop(); }

Ticket Wal::Append(Record record, Sequence* sequence) {
  if (auto* commit = std::get_if<RunCommit>(&record)) impl_->ledger_->CoverCaughtUp(*commit);
  // Encoded here, on the caller's thread, before any lock.
  PendingRecord pending;
  pending.plain_bytes = EncodeRecord(record, pending.bytes);
  if (pending.plain_bytes > kRecordBytesMax) {
    if (sequence != nullptr) *sequence = 0;
    pending.ticket.Complete(
        Error{ErrorCode::kTooLarge, fmt::format("a write of {} bytes in the WAL, the limit is {}",
                                                pending.plain_bytes, kRecordBytesMax)});
    return pending.ticket;
  }
  pending.record = std::make_shared<const Record>(std::move(record));
  return impl_->committer_.Append(std::move(pending), sequence);
}

Ticket Wal::Barrier() { return impl_->committer_.Barrier(); }

Result<std::vector<CommittedRecord>> Wal::Read(Sequence after, std::size_t bytes_max) {
  if (auto records = impl_->tail_.Read(after, bytes_max)) return *std::move(records);
  if (impl_->disk_ == nullptr) {
    return NotFoundError(
        fmt::format("the log in memory no longer holds what follows sequence {}", after));
  }
  return impl_->disk_->segments.Read(after, impl_->tail_.durable(), bytes_max);
}

const Wal::Replayed& Wal::replayed() const { return impl_->replayed_; }
Sequence Wal::durable() const { return impl_->tail_.durable(); }
void Wal::NoteFlushed(Sequence sequence) { impl_->ledger_->NoteFlushed(sequence); }
void Wal::NoteTableFlushed(TableId table, Sequence sequence) {
  impl_->ledger_->NoteTableFlushed(table, sequence);
}
void Wal::NoteCaughtUp(TriggerId trigger, Sequence low_water) {
  impl_->ledger_->NoteCaughtUp(trigger, low_water);
}
std::optional<TriggerState> Wal::trigger_state(TriggerId trigger) const {
  return impl_->ledger_->trigger(trigger);
}
std::vector<SegmentInfo> Wal::Segments() const {
  return impl_->disk_ == nullptr ? std::vector<SegmentInfo>() : impl_->disk_->segments.Segments();
}
std::string Wal::Health() const { return impl_->committer_.Health(); }

}  // namespace tidemill::wal
