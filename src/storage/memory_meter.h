// Counts the bytes of buffers that grow while they live and that readers may keep alive.
//
// A thing made here is counted from its birth to the death of its last owner, so what a slow query
// pins still counts in the buffer budget. The meter outlives everything it counts.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

namespace tidemill::storage {

class MemoryMeter : public std::enable_shared_from_this<MemoryMeter> {
 public:
  std::uint64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

  // A T (with a memory_bytes()) that takes its bytes off the meter when it dies.
  template <typename T, typename... Args>
  std::shared_ptr<T> Make(Args&&... args) {
    return std::shared_ptr<T>(
        new T(std::forward<Args>(args)...), [meter = shared_from_this()](T* thing) {
          meter->bytes_.fetch_sub(thing->memory_bytes(), std::memory_order_relaxed);
          delete thing;
        });
  }
  // Counts what `thing` has grown since `counted`, and brings `counted` up to date. Its writer
  // calls this after every change, so that what dies was counted in full.
  template <typename T>
  void Count(const T& thing, std::uint64_t& counted) {
    const std::uint64_t now = thing.memory_bytes();
    bytes_.fetch_add(now - counted, std::memory_order_relaxed);
    counted = now;
  }

 private:
  std::atomic<std::uint64_t> bytes_ = 0;
};

}  // namespace tidemill::storage
