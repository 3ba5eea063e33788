// Which calls of a FaultFileSystem fail, and how: the counting behind FailCall and DieAtCall.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace tidemill::testing {

enum class Fault {
  kNoSpace,     // kUnavailable, and nothing was done
  kShortWrite,  // kUnavailable, and half of the bytes were written; elsewhere like kNoSpace
  kIo,          // kIo; a failed sync loses what it was for, even if the next one returns ok
  kDead,        // what DieAtCall does
};

enum class FaultCall {
  kAny,
  kOpen,
  kRead,
  kWrite,
  kSyncData,
  kSyncDirectory,
  kTruncate,
  kAllocate,
  kRename,
  kLink,
  kRemove,
  kCreateDirectories,
  kOther,  // size, list, exists, lock, free bytes
};

class FaultPlan {
 public:
  static constexpr std::uint64_t kForEver = 0;

  // The `nth` matching call from now on, or all of them when that is kForEver.
  void Add(std::uint64_t nth, Fault fault, FaultCall call) {
    entries_.push_back({.call = call, .left = nth, .fault = fault});
  }
  void Clear() { entries_.clear(); }
  void DieAt(std::uint64_t nth) { dies_at_call_ = calls_ + nth; }
  void Revive() { dies_at_call_.reset(); }

  // Counts one call; the fault it meets, if any.
  std::optional<Fault> Next(FaultCall call) {
    ++calls_;
    if (is_dead()) return Fault::kDead;
    std::optional<Fault> fault;
    for (auto entry = entries_.begin(); entry != entries_.end();) {
      const bool matches = entry->call == FaultCall::kAny || entry->call == call;
      const bool is_for_ever = entry->left == kForEver;
      const bool hits = matches && (is_for_ever || --entry->left == 0);
      if (hits) fault = entry->fault;
      entry = hits && !is_for_ever ? entries_.erase(entry) : entry + 1;
    }
    if (fault) ++faults_hit_;
    return fault;
  }

  bool is_dead() const { return dies_at_call_ && calls_ >= *dies_at_call_; }
  std::uint64_t calls() const { return calls_; }
  std::uint64_t faults_hit() const { return faults_hit_; }

 private:
  struct Entry {
    FaultCall call;
    std::uint64_t left;
    Fault fault;
  };
  std::vector<Entry> entries_;
  std::optional<std::uint64_t> dies_at_call_;
  std::uint64_t calls_ = 0;
  std::uint64_t faults_hit_ = 0;
};

}  // namespace tidemill::testing
