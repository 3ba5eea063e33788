// The names in a FaultFileSystem: what callers see, what is on the disk, and the changes between.
//
// A change reaches the disk when its directory is synced. Until then a power cut loses or keeps it
// on its own; a rename is one change, so a file is never lost between its two names.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "testing/fault_inode.h"

namespace tidemill::testing {

class FaultDirectories {
 public:
  using Inode = std::shared_ptr<FaultInode>;
  using Names = std::map<std::string, Inode>;

  FaultDirectories() {
    for (const char* root : {"/", "."})
      seen_[root] = durable_[root] = std::make_shared<FaultInode>(true);
  }

  // "/a//b/./c/" is "/a/b/c"; "" is ".".
  static std::string Normalize(const std::string& path) {
    std::string out = path.starts_with('/') ? "/" : "";
    for (std::size_t begin = 0; begin < path.size();) {
      const std::size_t end = std::min(path.find('/', begin), path.size());
      const std::string name = path.substr(begin, end - begin);
      begin = end + 1;
      if (name.empty() || name == ".") continue;
      if (!out.empty() && out != "/") out += '/';
      out += name;
    }
    return out.empty() ? "." : out;
  }
  static std::string Parent(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
  }

  const Names& names() const { return seen_; }
  Inode Find(const std::string& path) const {
    const auto found = seen_.find(path);
    return found == seen_.end() ? nullptr : found->second;
  }
  // The same names for files of their own with the same content, as if all had been synced.
  void CopyFrom(const FaultDirectories& other) {
    std::map<const FaultInode*, Inode> copies;  // linked twice, a file is still one
    seen_.clear();
    for (const auto& [path, inode] : other.seen_) {
      Inode& copy = copies[inode.get()];
      if (copy == nullptr) copy = std::make_shared<FaultInode>(*inode);
      copy->Sync();
      seen_[path] = copy;
    }
    durable_ = seen_;
    pending_.clear();
  }
  void Add(const std::string& path, const Inode& inode) {
    Do({.kind = Kind::kAdd, .path = path, .to = {}, .inode = inode});
  }
  void Remove(const std::string& path) {
    Do({.kind = Kind::kRemove, .path = path, .to = {}, .inode = Find(path)});
  }
  void Rename(const std::string& from, const std::string& to) {
    Do({.kind = Kind::kRename, .path = from, .to = to, .inode = Find(from)});
  }

  // The changes in `directory`, with those before them that they build on.
  void Sync(const std::string& directory) {
    std::set<std::string> wanted;
    std::vector<bool> is_synced(pending_.size());
    for (std::size_t i = pending_.size(); i-- > 0;) {
      const Change& change = pending_[i];
      is_synced[i] = wanted.contains(change.path) || wanted.contains(change.to) ||
                     Parent(change.path) == directory ||
                     (!change.to.empty() && Parent(change.to) == directory);
      if (!is_synced[i]) continue;
      wanted.insert(change.path);
      if (!change.to.empty()) wanted.insert(change.to);
    }
    std::vector<Change> left;
    for (std::size_t i = 0; i < pending_.size(); ++i) {
      if (is_synced[i])
        Apply(pending_[i], durable_);
      else
        left.push_back(std::move(pending_[i]));
    }
    pending_ = std::move(left);
  }
  void PowerCut(SeededRandom& random, std::uint64_t kept_percent) {
    for (const Change& change : pending_)
      if (random.Next() % 100 < kept_percent) Apply(change, durable_);
    pending_.clear();
    // Parents sort before what is in them, so that a lost directory takes everything along.
    for (auto entry = durable_.begin(); entry != durable_.end();) {
      const bool is_orphan =
          entry->first != "/" && entry->first != "." && !durable_.contains(Parent(entry->first));
      entry = is_orphan ? durable_.erase(entry) : std::next(entry);
    }
    seen_ = durable_;
  }

 private:
  enum class Kind { kAdd, kRemove, kRename };
  struct Change {
    Kind kind;
    std::string path;
    std::string to;
    Inode inode;
  };

  void Do(Change change) {
    Apply(change, seen_);
    pending_.push_back(std::move(change));
  }
  static void Apply(const Change& change, Names& names) {
    switch (change.kind) {
      case Kind::kAdd: names[change.path] = change.inode; return;
      case Kind::kRemove: names.erase(change.path); return;
      case Kind::kRename: {
        const auto from = names.find(change.path);
        if (from == names.end() || from->second != change.inode) return;
        names.erase(from);
        names[change.to] = change.inode;
        return;
      }
    }
  }

  Names seen_;
  Names durable_;
  std::vector<Change> pending_;
};

}  // namespace tidemill::testing
