// A FileSystem in memory that can go wrong in every way a disk does, when a test says so.
//
// It keeps what was synced apart from what was not: PowerCut loses a random part of the latter,
// files and directory entries alike. Calls can be made to fail, the disk fills up at a capacity,
// and syncs can be counted and held. Thread-safe.
//
//   for (std::uint64_t call = 1;; ++call) {        // a crash at every step
//     FaultFileSystem fs;
//     fs.DieAtCall(call);
//     const bool is_acknowledged = Store(fs, "x").ok();
//     if (!fs.is_dead()) break;                    // it took fewer calls than that
//     fs.PowerCut(seed);
//     EXPECT_TRUE(!is_acknowledged || Has(fs, "x"));
//   }
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/file_system.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "testing/fault_directories.h"
#include "testing/fault_plan.h"
#include "testing/seeded_random.h"

namespace tidemill::testing {

class FaultFileSystem final : public FileSystem {
 public:
  // --- What goes wrong -------------------------------------------------------------------------

  // The `nth` matching call from now on fails (1: the next one).
  void FailCall(std::uint64_t nth, Fault fault, FaultCall call = FaultCall::kAny) {
    MutexLock lock(mutex_);
    plan_.Add(nth, fault, call);
  }
  // Every matching call fails until ClearFaults.
  void FailAll(Fault fault, FaultCall call = FaultCall::kAny) {
    MutexLock lock(mutex_);
    plan_.Add(FaultPlan::kForEver, fault, call);
  }
  void ClearFaults() {
    MutexLock lock(mutex_);
    plan_.Clear();
  }
  // The process is gone before its `nth` call from now on: that one and all after it fail and do
  // nothing, until PowerCut or Restart.
  void DieAtCall(std::uint64_t nth) {
    MutexLock lock(mutex_);
    plan_.DieAt(nth);
  }
  // Files together may take this many bytes.
  void SetCapacity(std::uint64_t bytes) {
    MutexLock lock(mutex_);
    capacity_bytes_ = bytes;
  }

  // A random part of what was not synced is lost: none, all or some of it, depending on the seed.
  // Files and locks that are open are so no longer; a new process may begin.
  void PowerCut(std::uint64_t seed) {
    SeededRandom random(seed);
    CutAndKeep(random, random.Next() % 5 * 25);
  }
  // The same, and everything that was not synced is lost.
  void PowerCutLosingAll() {
    SeededRandom random;
    CutAndKeep(random, 0);
  }
  // The process ends and a new one may begin; the machine stays up, so nothing is lost.
  void Restart() {
    MutexLock lock(mutex_);
    StartProcess();
  }
  // Becomes a copy of a disk at rest, with everything on it synced; no file may be open here.
  void CopyFrom(const FaultFileSystem& other) {
    FaultDirectories copy;
    {
      MutexLock lock(other.mutex_);
      copy.CopyFrom(other.directories_);
    }
    MutexLock lock(mutex_);
    directories_ = std::move(copy);
    StartProcess();
  }
  // Damage on the disk: the bits in `mask` of one byte.
  void FlipBits(const std::string& path, std::size_t offset, unsigned char mask) {
    MutexLock lock(mutex_);
    directories_.Find(FaultDirectories::Normalize(path))->FlipBits(offset, std::byte{mask});
  }

  // SyncData calls wait until ReleaseSyncs.
  void HoldSyncs() {
    MutexLock lock(mutex_);
    holds_syncs_ = true;
  }
  void ReleaseSyncs() {
    MutexLock lock(mutex_);
    holds_syncs_ = false;
    changed_.NotifyAll();
  }
  // Waits until a SyncData call is being held.
  void AwaitHeldSync() {
    MutexLock lock(mutex_);
    while (held_syncs_ == 0) changed_.Wait(mutex_);
  }

  // --- What happened ---------------------------------------------------------------------------

  std::uint64_t calls() const {
    MutexLock lock(mutex_);
    return plan_.calls();
  }
  // Syncs that returned ok.
  std::uint64_t data_syncs() const {
    MutexLock lock(mutex_);
    return data_syncs_;
  }
  std::uint64_t directory_syncs() const {
    MutexLock lock(mutex_);
    return directory_syncs_;
  }
  // How many calls were made to fail, death aside.
  std::uint64_t faults_hit() const {
    MutexLock lock(mutex_);
    return plan_.faults_hit();
  }
  bool is_dead() const {
    MutexLock lock(mutex_);
    return plan_.is_dead();
  }
  std::uint64_t used_bytes() const {
    MutexLock lock(mutex_);
    return UsedBytes();
  }

  // --- FileSystem ------------------------------------------------------------------------------

  Result<std::unique_ptr<File>> Open(const std::string& raw_path, OpenMode mode) override {
    const std::string path = FaultDirectories::Normalize(raw_path);
    MutexLock lock(mutex_);
    TRY(Enter(FaultCall::kOpen, "open", path));
    auto inode = directories_.Find(path);
    if (mode == OpenMode::kCreateNew) {
      if (inode != nullptr) return Failure(ErrorCode::kConflict, "create", path, EEXIST);
      TRY(RequireDirectory("create", FaultDirectories::Parent(path)));
      inode = std::make_shared<FaultInode>(false);
      directories_.Add(path, inode);
    }
    if (inode == nullptr) return Failure(ErrorCode::kNotFound, "open", path, ENOENT);
    if (inode->is_directory()) return Failure(ErrorCode::kIo, "open", path, EISDIR);
    auto file = std::make_unique<FaultFile>(*this, path, inode, process_);
    open_files_.insert(file.get());
    return std::unique_ptr<File>(std::move(file));
  }

  Status CreateDirectories(const std::string& raw_path) override {
    const std::string path = FaultDirectories::Normalize(raw_path);
    MutexLock lock(mutex_);
    TRY(Enter(FaultCall::kCreateDirectories, "create directory", path));
    for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
      const std::string directory = path.substr(0, end);
      const auto inode = directories_.Find(directory);
      if (inode == nullptr) directories_.Add(directory, std::make_shared<FaultInode>(true));
      if (inode != nullptr && !inode->is_directory())
        return Failure(ErrorCode::kConflict, "create directory", path, EEXIST);
      if (end == std::string::npos) return Ok();
    }
  }

  Result<std::vector<DirectoryEntry>> List(const std::string& raw_path) override {
    const std::string path = FaultDirectories::Normalize(raw_path);
    MutexLock lock(mutex_);
    TRY(Enter(FaultCall::kOther, "list", path));
    TRY(RequireDirectory("list", path));
    std::vector<DirectoryEntry> entries;
    for (const auto& [name, inode] : directories_.names()) {
      if (name == "/" || name == "." || FaultDirectories::Parent(name) != path) continue;
      entries.push_back({.name = name.substr(name.rfind('/') + 1),
                         .is_directory = inode->is_directory(),
                         .size = inode->size()});
    }
    return entries;
  }

  Result<bool> Exists(const std::string& raw_path) override {
    const std::string path = FaultDirectories::Normalize(raw_path);
    MutexLock lock(mutex_);
    TRY(Enter(FaultCall::kOther, "stat", path));
    return directories_.Find(path) != nullptr;
  }

  Status Remove(const std::string& raw_path) override {
    const std::string path = FaultDirectories::Normalize(raw_path);
    MutexLock lock(mutex_);
    TRY(Enter(FaultCall::kRemove, "remove", path));
    TRY(RequireFile("remove", path));
    directories_.Remove(path);
    return Ok();
  }

  Status Rename(const std::string& raw_from, const std::string& raw_to) override {
    const std::string from = FaultDirectories::Normalize(raw_from);
    const std::string to = FaultDirectories::Normalize(raw_to);
    MutexLock lock(mutex_);
    TRY(Enter(FaultCall::kRename, "rename", from));
    TRY(RequireFile("rename", from));
    TRY(RequireDirectory("rename", FaultDirectories::Parent(to)));
    directories_.Rename(from, to);
    return Ok();
  }

  Status LinkNew(const std::string& raw_from, const std::string& raw_to) override {
    const std::string from = FaultDirectories::Normalize(raw_from);
    const std::string to = FaultDirectories::Normalize(raw_to);
    MutexLock lock(mutex_);
    TRY(Enter(FaultCall::kLink, "link", from));
    TRY(RequireFile("link", from));
    TRY(RequireDirectory("link", FaultDirectories::Parent(to)));
    if (directories_.Find(to) != nullptr) return Failure(ErrorCode::kConflict, "link", to, EEXIST);
    directories_.Add(to, directories_.Find(from));
    return Ok();
  }

  Status SyncDirectory(const std::string& raw_path) override {
    const std::string path = FaultDirectories::Normalize(raw_path);
    MutexLock lock(mutex_);
    TRY(Enter(FaultCall::kSyncDirectory, "sync", path));
    TRY(RequireDirectory("sync", path));
    directories_.Sync(path);
    ++directory_syncs_;
    return Ok();
  }

  Result<std::unique_ptr<FileLock>> Lock(const std::string& raw_path) override {
    const std::string path = FaultDirectories::Normalize(raw_path);
    MutexLock lock(mutex_);
    TRY(Enter(FaultCall::kOther, "lock", path));
    TRY(RequireDirectory("lock", FaultDirectories::Parent(path)));
    if (directories_.Find(path) == nullptr)
      directories_.Add(path, std::make_shared<FaultInode>(false));
    if (!locks_.insert(path).second)
      return ConflictError("lock '" + path + "': another process holds it");
    return std::unique_ptr<FileLock>(std::make_unique<HeldLock>(*this, path, process_));
  }

  Result<std::uint64_t> FreeBytes(const std::string& raw_path) override {
    MutexLock lock(mutex_);
    TRY(Enter(FaultCall::kOther, "stat", FaultDirectories::Normalize(raw_path)));
    return capacity_bytes_ - std::min(capacity_bytes_, UsedBytes());
  }

 private:
  class FaultFile final : public File {
   public:
    FaultFile(FaultFileSystem& fs, std::string path, std::shared_ptr<FaultInode> inode,
              std::uint64_t process)
        : fs_(fs), path_(std::move(path)), inode_(std::move(inode)), process_(process) {}
    ~FaultFile() override {
      MutexLock lock(fs_.mutex_);
      fs_.open_files_.erase(this);
    }
    const FaultInode* inode() const { return inode_.get(); }

    Status WriteAt(std::uint64_t offset, std::span<const std::byte> bytes) override {
      MutexLock lock(fs_.mutex_);
      TRY(fs_.CheckProcess(process_));
      if (const auto fault = fs_.plan_.Next(FaultCall::kWrite)) {
        if (*fault == Fault::kShortWrite) inode_->Write(offset, bytes.subspan(0, bytes.size() / 2));
        return fs_.FaultError(*fault, "write", path_);
      }
      const std::uint64_t room = fs_.RoomFor(*inode_, offset + bytes.size());
      const std::uint64_t fits = room <= offset ? 0 : std::min(bytes.size(), room - offset);
      inode_->Write(offset, bytes.subspan(0, fits));
      if (fits < bytes.size()) return fs_.FaultError(Fault::kNoSpace, "write", path_);
      return Ok();
    }
    Result<std::size_t> ReadAt(std::uint64_t offset, std::span<std::byte> into) const override {
      MutexLock lock(fs_.mutex_);
      TRY(fs_.CheckProcess(process_));
      TRY(fs_.Enter(FaultCall::kRead, "read", path_));
      if (offset >= inode_->size()) return std::size_t{0};
      const auto bytes = inode_->bytes().subspan(offset);
      const std::size_t count = std::min(bytes.size(), into.size());
      std::ranges::copy(bytes.subspan(0, count), into.begin());
      return count;
    }
    Status SyncData() override {
      MutexLock lock(fs_.mutex_);
      TRY(fs_.CheckProcess(process_));
      fs_.WaitWhileSyncsAreHeld();
      TRY(fs_.CheckProcess(process_));
      if (const auto fault = fs_.plan_.Next(FaultCall::kSyncData)) {
        inode_->ForgetUnsynced();
        return IoError(fs_.FaultError(*fault, "sync", path_).message);
      }
      inode_->Sync();
      ++fs_.data_syncs_;
      return Ok();
    }
    Result<std::uint64_t> Size() const override {
      MutexLock lock(fs_.mutex_);
      TRY(fs_.CheckProcess(process_));
      TRY(fs_.Enter(FaultCall::kOther, "stat", path_));
      return std::uint64_t{inode_->size()};
    }
    Status Truncate(std::uint64_t size) override {
      MutexLock lock(fs_.mutex_);
      TRY(fs_.CheckProcess(process_));
      TRY(fs_.Enter(FaultCall::kTruncate, "truncate", path_));
      inode_->Resize(size);
      return Ok();
    }
    Status Allocate(std::uint64_t size) override {
      MutexLock lock(fs_.mutex_);
      TRY(fs_.CheckProcess(process_));
      TRY(fs_.Enter(FaultCall::kAllocate, "allocate", path_));
      if (size <= inode_->size()) return Ok();
      if (fs_.RoomFor(*inode_, size) < size)
        return fs_.FaultError(Fault::kNoSpace, "allocate", path_);
      inode_->Resize(size);
      return Ok();
    }

   private:
    FaultFileSystem& fs_;
    const std::string path_;
    const std::shared_ptr<FaultInode> inode_;
    const std::uint64_t process_;
  };

  class HeldLock final : public FileLock {
   public:
    HeldLock(FaultFileSystem& fs, std::string path, std::uint64_t process)
        : fs_(fs), path_(std::move(path)), process_(process) {}
    ~HeldLock() override {
      MutexLock lock(fs_.mutex_);
      if (process_ == fs_.process_) fs_.locks_.erase(path_);
    }

   private:
    FaultFileSystem& fs_;
    const std::string path_;
    const std::uint64_t process_;
  };

  static Error Failure(ErrorCode code, const char* call, const std::string& path, int error) {
    return {code, std::string(call) + " '" + path + "': " + std::strerror(error)};
  }
  static Error FaultError(Fault fault, const char* call, const std::string& path) {
    switch (fault) {
      case Fault::kNoSpace:
      case Fault::kShortWrite: return Failure(ErrorCode::kUnavailable, call, path, ENOSPC);
      case Fault::kIo: return Failure(ErrorCode::kIo, call, path, EIO);
      case Fault::kDead: return IoError(std::string(call) + " '" + path + "': process is dead");
    }
    return InternalError("no such fault");
  }

  Status Enter(FaultCall call, const char* name, const std::string& path) REQUIRES_LOCK(mutex_) {
    if (const auto fault = plan_.Next(call)) return FaultError(*fault, name, path);
    return Ok();
  }
  Status CheckProcess(std::uint64_t process) const REQUIRES_LOCK(mutex_) {
    if (process == process_) return Ok();
    return IoError("this file was opened before the last power cut or restart");
  }
  Status RequireDirectory(const char* call, const std::string& path) const REQUIRES_LOCK(mutex_) {
    const auto inode = directories_.Find(path);
    if (inode == nullptr) return Failure(ErrorCode::kNotFound, call, path, ENOENT);
    if (!inode->is_directory()) return Failure(ErrorCode::kNotFound, call, path, ENOTDIR);
    return Ok();
  }
  Status RequireFile(const char* call, const std::string& path) const REQUIRES_LOCK(mutex_) {
    const auto inode = directories_.Find(path);
    if (inode == nullptr) return Failure(ErrorCode::kNotFound, call, path, ENOENT);
    if (inode->is_directory()) return Failure(ErrorCode::kIo, call, path, EISDIR);
    return Ok();
  }
  void WaitWhileSyncsAreHeld() REQUIRES_LOCK(mutex_) {
    ++held_syncs_;
    changed_.NotifyAll();
    while (holds_syncs_) changed_.Wait(mutex_);
    --held_syncs_;
  }

  // Files with a name and files that are open; what is removed but open still takes its space.
  std::uint64_t UsedBytes() const REQUIRES_LOCK(mutex_) {
    std::set<const FaultInode*> inodes;
    for (const auto& [name, inode] : directories_.names()) inodes.insert(inode.get());
    for (const FaultFile* file : open_files_) inodes.insert(file->inode());
    std::uint64_t used = 0;
    for (const FaultInode* inode : inodes) used += inode->size();
    return used;
  }
  // How large `inode` can become, up to `wanted`.
  std::uint64_t RoomFor(const FaultInode& inode, std::uint64_t wanted) const REQUIRES_LOCK(mutex_) {
    if (wanted <= inode.size() || capacity_bytes_ == kUnlimited) return wanted;
    const std::uint64_t free = capacity_bytes_ - std::min(capacity_bytes_, UsedBytes());
    return std::min<std::uint64_t>(wanted, inode.size() + free);
  }

  void CutAndKeep(SeededRandom& random, std::uint64_t kept_percent) EXCLUDES_LOCK(mutex_) {
    MutexLock lock(mutex_);
    directories_.PowerCut(random, kept_percent);
    std::set<FaultInode*> inodes;  // linked twice, a file is still cut once
    for (const auto& [name, inode] : directories_.names())
      if (inodes.insert(inode.get()).second) inode->PowerCut(random, kept_percent);
    StartProcess();
  }
  void StartProcess() REQUIRES_LOCK(mutex_) {
    ++process_;
    locks_.clear();
    open_files_.clear();
    plan_.Revive();
  }

  static constexpr std::uint64_t kUnlimited = std::uint64_t{1} << 40;

  mutable Mutex mutex_;
  CondVar changed_;
  FaultDirectories directories_ GUARDED_BY(mutex_);
  FaultPlan plan_ GUARDED_BY(mutex_);
  std::set<const FaultFile*> open_files_ GUARDED_BY(mutex_);
  std::set<std::string> locks_ GUARDED_BY(mutex_);
  std::uint64_t process_ GUARDED_BY(mutex_) = 0;  // files and locks belong to one
  std::uint64_t capacity_bytes_ GUARDED_BY(mutex_) = kUnlimited;
  std::uint64_t data_syncs_ GUARDED_BY(mutex_) = 0;
  std::uint64_t directory_syncs_ GUARDED_BY(mutex_) = 0;
  bool holds_syncs_ GUARDED_BY(mutex_) = false;
  int held_syncs_ GUARDED_BY(mutex_) = 0;
};

}  // namespace tidemill::testing
