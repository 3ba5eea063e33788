#include "plugin_host/shared_memory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/status_macros.h"

namespace tidemill::plugin_host {
namespace {

constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;

Error SystemError(std::string_view what) {
  return IoError(fmt::format("shared memory: {}: {}", what, std::strerror(errno)));
}

Status WriteAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return SystemError("write");
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return Ok();
}

}  // namespace

Result<SharedMemory> SharedMemory::From(std::string_view bytes) {
  SharedMemory memory;
  memory.fd_ = FileDescriptor(::memfd_create("tidemill-batch", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memory.fd_.valid()) return SystemError("memfd_create");
  TRY(WriteAll(memory.fd_.get(), bytes));
  if (::fcntl(memory.fd_.get(), F_ADD_SEALS, kSeals | F_SEAL_SEAL) != 0) return SystemError("seal");
  return memory;
}

Result<SharedMemory> SharedMemory::Adopt(FileDescriptor fd, std::uint64_t size) {
  const int seals = ::fcntl(fd.get(), F_GET_SEALS);
  if (seals < 0 || (seals & kSeals) != kSeals)
    return CorruptError("shared memory: the memory is not sealed");
  struct stat facts {};
  if (::fstat(fd.get(), &facts) != 0) return SystemError("fstat");
  if (facts.st_size < 0 || static_cast<std::uint64_t>(facts.st_size) != size)
    return CorruptError(
        fmt::format("shared memory: {} bytes were announced, {} are there", size, facts.st_size));
  SharedMemory memory;
  if (size > 0) {
    void* mapping = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, fd.get(), 0);
    if (mapping == MAP_FAILED) return SystemError("mmap");
    memory.mapping_ = mapping;
  }
  memory.fd_ = std::move(fd);
  memory.size_ = size;
  return memory;
}

SharedMemory& SharedMemory::operator=(SharedMemory&& other) noexcept {
  if (this != &other) {
    if (mapping_ != nullptr) ::munmap(mapping_, size_);
    fd_ = std::move(other.fd_);
    mapping_ = std::exchange(other.mapping_, nullptr);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

SharedMemory::~SharedMemory() {
  if (mapping_ != nullptr) ::munmap(mapping_, size_);
}

}  // namespace tidemill::plugin_host
