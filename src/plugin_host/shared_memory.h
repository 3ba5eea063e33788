// A sealed block of memory that goes to another process as a file descriptor (memfd).
//
// Sealed means: neither side can shrink, grow or write it any more, so what was checked stays as it
// was checked, and reading it can never raise SIGBUS.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/file_descriptor.h"
#include "base/result.h"

namespace tidemill::plugin_host {

class SharedMemory {
 public:
  SharedMemory() = default;
  // A copy of `bytes`, sealed.
  static Result<SharedMemory> From(std::string_view bytes);
  // What a worker has sent. Errors: kCorrupt when it is not sealed or not exactly `size` bytes.
  static Result<SharedMemory> Adopt(FileDescriptor fd, std::uint64_t size);

  SharedMemory(SharedMemory&& other) noexcept { *this = std::move(other); }
  SharedMemory& operator=(SharedMemory&& other) noexcept;
  ~SharedMemory();

  int fd() const { return fd_.get(); }
  // Valid while this lives; empty for memory made by From, which its maker has no need to read.
  std::string_view bytes() const { return {static_cast<const char*>(mapping_), size_}; }

 private:
  FileDescriptor fd_;
  void* mapping_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace tidemill::plugin_host
