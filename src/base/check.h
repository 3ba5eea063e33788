// CHECK: a broken invariant is a bug, and stops the process before it writes anything.
//
// For our own mistakes only. Input from users, disks and plugins never reaches a CHECK: it gets an
// Error (result.h).
#pragma once

#include <sstream>
#include <string>

namespace tidemill {

// Prints the message with its place to stderr and aborts.
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition,
                              const std::string& message);

namespace internal {
class CheckMessage {
 public:
  CheckMessage(const char* file, int line, const char* condition)
      : file_(file), line_(line), condition_(condition) {}
  [[noreturn]] ~CheckMessage() { CheckFailed(file_, line_, condition_, stream_.str()); }
  std::ostream& stream() { return stream_; }

 private:
  const char* file_;
  int line_;
  const char* condition_;
  std::ostringstream stream_;
};
struct CheckVoid {
  void operator&(std::ostream&) const {}
};
}  // namespace internal
}  // namespace tidemill

#define CHECK(condition)                            \
  (condition) ? static_cast<void>(0)                \
              : ::tidemill::internal::CheckVoid() & \
                    ::tidemill::internal::CheckMessage(__FILE__, __LINE__, #condition).stream()
