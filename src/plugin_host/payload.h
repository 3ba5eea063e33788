// Writing and reading the parts that payloads are made of: texts with a 32-bit length, and arrays
// that begin at a multiple of 8 so that the worker can use them where they lie.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "columnar/string_column.h"

namespace tidemill::plugin_host {

class PayloadWriter {
 public:
  explicit PayloadWriter(std::string& out) : out_(out), bytes_(out) {}

  template <typename T>
  void Fixed(T value) {
    bytes_.Fixed(value);
  }
  void Bool(bool value) { bytes_.Fixed(static_cast<std::uint8_t>(value)); }
  void Count(std::size_t count) {
    CHECK(count <= UINT32_MAX) << "a payload counts in 32 bits";
    bytes_.Fixed(static_cast<std::uint32_t>(count));
  }
  void Text(std::string_view text) {
    Count(text.size());
    out_.append(text);
  }
  template <typename T>
  void Array(const std::vector<T>& values) {
    Align();
    bytes_.Array(std::span<const T>(values));
  }
  // Ends, then a 32-bit length and the bytes.
  void Strings(const columnar::StringColumn& strings) {
    Array(strings.ends);
    Text(strings.bytes);
  }

 private:
  void Align() { out_.resize((out_.size() + 7) / 8 * 8, '\0'); }

  std::string& out_;
  ByteWriter bytes_;
};

class PayloadReader {
 public:
  explicit PayloadReader(std::string_view bytes) : bytes_(bytes) {}

  template <typename T>
  T Fixed() {
    return bytes_.Fixed<T>();
  }
  bool Bool() {
    const auto value = bytes_.Fixed<std::uint8_t>();
    if (value > 1) bytes_.Fail();
    return value == 1;
  }
  // Of things that take at least `bytes_each` bytes each: a count that cannot be true is bad at
  // once.
  std::uint32_t Count(std::size_t bytes_each) {
    const auto count = bytes_.Fixed<std::uint32_t>();
    if (count > bytes_.remaining() / bytes_each) bytes_.Fail();
    return bytes_.ok() ? count : 0;
  }
  std::string Text() { return std::string(bytes_.Bytes(bytes_.Fixed<std::uint32_t>())); }
  bool ok() const { return bytes_.ok(); }
  bool AtEnd() const { return bytes_.ok() && bytes_.remaining() == 0; }
  void Fail() { bytes_.Fail(); }

 private:
  ByteReader bytes_;
};

}  // namespace tidemill::plugin_host
