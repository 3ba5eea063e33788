#include "base/random.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <utility>

#include "base/check.h"
#include "base/mutex.h"

namespace tidemill {
namespace {

void FillFromSystem(void* into, std::size_t bytes) {
  auto* at = static_cast<std::byte*>(into);
  while (bytes > 0) {
    const ssize_t got = ::getrandom(at, bytes, 0);
    if (got < 0 && errno == EINTR) continue;
    CHECK(got > 0) << "the system gives no random bytes, errno " << errno;
    at += got;
    bytes -= static_cast<std::size_t>(got);
  }
}

// Fetches numbers by the block: one system call for many.
class SystemRandom final : public Random {
 public:
  std::uint64_t Next() override {
    MutexLock lock(mutex_);
    if (next_ == block_.size()) {
      FillFromSystem(block_.data(), sizeof block_);
      next_ = 0;
    }
    return std::exchange(block_[next_++], 0);  // a used number does not stay in memory
  }

 private:
  Mutex mutex_;
  std::array<std::uint64_t, 32> block_ GUARDED_BY(mutex_) = {};
  std::size_t next_ GUARDED_BY(mutex_) = block_.size();
};

}  // namespace

std::unique_ptr<Random> MakeSystemRandom() { return std::make_unique<SystemRandom>(); }

std::string MakeUuid(Random& random) {
  const std::uint64_t high = (random.Next() & ~std::uint64_t{0xf000}) | 0x4000;  // version 4
  const std::uint64_t low =
      (random.Next() & ~(std::uint64_t{3} << 62)) | (std::uint64_t{2} << 62);  // variant 10
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, (high >> 16) & 0xffff,
                     high & 0xffff, low >> 48, low & 0xffff'ffff'ffff);
}

}  // namespace tidemill
