#include "wal/ledger.h"

#include <algorithm>
#include <utility>

#include "base/overload.h"

namespace tidemill::wal {
namespace {

using States = std::map<TriggerId, TriggerState>;

bool Overlap(const SequenceRange& a, const SequenceRange& b) {
  return a.first <= b.last && b.first <= a.last;
}

// The low water moves over every finished range that begins at or before the next sequence.
// (Sequences between two ranges that do not match the trigger are its own business: it says so with
// NoteCaughtUp, or begins the next range behind its low water.)
void Advance(TriggerState& state) {
  auto range = state.finished.begin();
  for (; range != state.finished.end() && range->first <= state.low_water + 1; ++range) {
    state.low_water = std::max(state.low_water, range->last);
  }
  state.finished.erase(state.finished.begin(), range);
}

void Start(TriggerState& state, const RunStarted& started) {
  // Two runs of one trigger never begin at the same sequence: this one comes again.
  std::erase_if(state.under_way,
                [&](const RunStarted& other) { return other.range.first == started.range.first; });
  state.under_way.push_back(started);
}

void Finish(TriggerState& state, const RunCommit& commit) {
  if (commit.tick != Timestamp()) state.last_tick = std::max(state.last_tick, commit.tick);
  if (!commit.cache_changes.empty()) state.durable_cache = commit.cache_changes;
  if (commit.consumed.last == 0) return;
  std::erase_if(state.under_way,
                [&](const RunStarted& started) { return Overlap(started.range, commit.consumed); });
  const auto place =
      std::ranges::lower_bound(state.finished, commit.consumed.first, {}, &SequenceRange::first);
  state.finished.insert(place, commit.consumed);
  Advance(state);
}

void CatchUp(TriggerState& state, Sequence low_water) {
  state.low_water = std::max(state.low_water, low_water);
  std::erase_if(state.under_way,
                [&](const RunStarted& started) { return started.range.last <= state.low_water; });
  Advance(state);
}

template <typename F>
void WithTrigger(States& states, TriggerId trigger, F change) {
  if (const auto found = states.find(trigger); found != states.end()) change(found->second);
}

void Fold(States& states, const Record& record) {
  std::visit(Overload{
                 [&](const RunStarted& started) {
                   WithTrigger(states, started.trigger,
                               [&](TriggerState& state) { Start(state, started); });
                 },
                 [&](const RunCommit& commit) {
                   WithTrigger(states, commit.trigger,
                               [&](TriggerState& state) { Finish(state, commit); });
                 },
                 [&](const TriggerState& state) { states[state.trigger] = state; },
                 [&](const TriggerGone& gone) { states.erase(gone.trigger); },
                 [&](const SegmentState& segment) {
                   states.clear();
                   for (const TriggerState& state : segment.triggers) states[state.trigger] = state;
                 },
                 [](const RowsRecord&) {},
                 [](const CarriedRows&) {},
             },
             record);
}

}  // namespace

void Ledger::Apply(const Record& record) {
  MutexLock lock(mutex_);
  Fold(current_, record);
  Fold(durable_, record);
  if (const auto* segment = std::get_if<SegmentState>(&record)) {
    flushed_ = std::max(flushed_, segment->flushed);
    for (const auto& [table, flushed] : segment->tables) tables_[table] = flushed;
  }
}

void Ledger::NoteCaughtUp(TriggerId trigger, Sequence low_water) {
  MutexLock lock(mutex_);
  WithTrigger(current_, trigger, [&](TriggerState& state) { CatchUp(state, low_water); });
}

void Ledger::NoteFlushed(Sequence sequence) {
  MutexLock lock(mutex_);
  const Sequence flushed = std::max(flushed_, sequence);
  flushed_ = flushed;
  std::erase_if(tables_, [flushed](const auto& table) { return table.second <= flushed; });
}

void Ledger::NoteTableFlushed(TableId table, Sequence sequence) {
  MutexLock lock(mutex_);
  if (sequence <= flushed_) return;
  Sequence& flushed = tables_[table];
  flushed = std::max(flushed, sequence);
}

SegmentState Ledger::Capture(Sequence next_sequence) const {
  MutexLock lock(mutex_);
  SegmentState state{
      .next_sequence = next_sequence, .flushed = flushed_, .triggers = {}, .tables = {}};
  for (const auto& [id, trigger] : current_) state.triggers.push_back(trigger);
  for (const auto& [table, flushed] : tables_) state.tables.push_back({table, flushed});
  return state;
}

void Ledger::Captured(const SegmentState& state) {
  MutexLock lock(mutex_);
  Fold(durable_, state);
}

void Ledger::CoverCaughtUp(RunCommit& commit) const {
  if (commit.consumed.last == 0) return;
  MutexLock lock(mutex_);
  const auto now = current_.find(commit.trigger);
  const auto stored = durable_.find(commit.trigger);
  if (now == current_.end() || stored == durable_.end()) return;
  if (commit.consumed.first > now->second.low_water + 1) return;
  commit.consumed.first = std::min(commit.consumed.first, stored->second.low_water + 1);
}

std::optional<TriggerState> Ledger::trigger(TriggerId trigger) const {
  MutexLock lock(mutex_);
  const auto found = current_.find(trigger);
  return found == current_.end() ? std::nullopt : std::optional(found->second);
}

bool Ledger::has_triggers() const {
  MutexLock lock(mutex_);
  return !current_.empty();
}

std::vector<TriggerState> Ledger::triggers() const {
  MutexLock lock(mutex_);
  std::vector<TriggerState> out;
  out.reserve(current_.size());
  for (const auto& [id, state] : current_) out.push_back(state);
  return out;
}

Sequence Ledger::releasable() const {
  MutexLock lock(mutex_);
  Sequence sequence = flushed_;
  for (const auto& [id, state] : durable_) sequence = std::min(sequence, state.low_water);
  return sequence;
}

}  // namespace tidemill::wal
