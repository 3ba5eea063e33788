// Errors are values: Result<T> holds a T or an Error, and cannot be ignored.
//
// The namespace `tidemill` itself holds the words of base/; every other folder has a namespace of
// its own. TRY and friends are in base/status_macros.h.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/check.h"

namespace tidemill {

// A code answers one question: what should the caller do? The HTTP status, gRPC status and exit
// code come from one table each (server/errors.cc, cli/run.cc), never from the place that failed.
enum class ErrorCode {
  kInvalid,         // fix the input
  kUnauthorized,    // say who you are
  kForbidden,       // ask someone who may
  kNotFound,        // look elsewhere
  kConflict,        // it exists already, or is in a state that forbids this
  kTooLarge,        // send less at once
  kLimit,           // a configured limit on the number of things is reached
  kUnsupported,     // known, but not offered
  kUnavailable,     // try again later
  kOutcomeUnknown,  // it may or may not have happened: read before you repeat
  kTimeout,         // it took longer than allowed
  kCancelled,       // somebody stopped it
  kCorrupt,         // stored bytes are damaged: page someone
  kIo,              // the disk or the network failed
  kInternal,        // our own mistake
};

std::string_view ErrorCodeName(ErrorCode code);

// What went wrong, where, and what would be right, in one sentence.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;

  // The same error seen from further up: "create trigger 'alert': <message>".
  Error Within(std::string_view context) && {
    message = std::string(context) + ": " + message;
    return std::move(*this);
  }
};

template <typename T>
class [[nodiscard]] Result {
 public:
  using ValueType = T;
  Result(T value)
      : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit by design
  Result(Error error)
      : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit by design

  bool ok() const { return state_.index() == 0; }
  const T& value() const& {
    CHECK(ok()) << error().message;
    return *std::get_if<0>(&state_);
  }
  T& value() & {
    CHECK(ok()) << error().message;
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    CHECK(ok()) << error().message;
    return std::move(*std::get_if<0>(&state_));
  }
  const Error& error() const& {
    CHECK(state_.index() == 1);
    return *std::get_if<1>(&state_);
  }
  Error&& error() && {
    CHECK(state_.index() == 1);
    return std::move(*std::get_if<1>(&state_));
  }
  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }

 private:
  std::variant<T, Error> state_;
};

struct Done {};
using Status = Result<Done>;
inline Status Ok() { return Done{}; }

inline Error InvalidError(std::string message) { return {ErrorCode::kInvalid, std::move(message)}; }
inline Error NotFoundError(std::string message) {
  return {ErrorCode::kNotFound, std::move(message)};
}
inline Error ConflictError(std::string message) {
  return {ErrorCode::kConflict, std::move(message)};
}
inline Error UnavailableError(std::string message) {
  return {ErrorCode::kUnavailable, std::move(message)};
}
inline Error CorruptError(std::string message) { return {ErrorCode::kCorrupt, std::move(message)}; }
inline Error IoError(std::string message) { return {ErrorCode::kIo, std::move(message)}; }
inline Error InternalError(std::string message) {
  return {ErrorCode::kInternal, std::move(message)};
}

}  // namespace tidemill
