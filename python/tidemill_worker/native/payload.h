// Reads the parts that payloads are made of: numbers, texts, aligned arrays, string columns.
//
// The server is trusted, yet every bound is checked, so that a mistake is a ValueError and no
// crash.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "py_ref.h"

namespace tidemill::native {

// Values of type T somewhere in the payload, which need not be aligned for T in memory.
template <typename T>
struct Array {
  const char* begin = nullptr;
  T operator[](std::size_t i) const {
    T value;
    std::memcpy(&value, begin + i * sizeof(T), sizeof value);
    return value;
  }
};

struct Bytes {
  const char* begin = nullptr;
  std::size_t size = 0;
};

// Goes bad at the first byte that is not there, and stays bad.
class Reader {
 public:
  Reader(const char* begin, std::size_t size, std::size_t offset)
      : begin_(begin), size_(size), at_(offset), ok_(offset <= size) {}

  bool ok() const { return ok_; }
  void Fail() { ok_ = false; }
  template <typename T>
  T Fixed() {
    T value{};
    if (const char* at = Take(sizeof value)) std::memcpy(&value, at, sizeof value);
    return value;
  }
  Bytes Text() {
    const auto size = Fixed<std::uint32_t>();
    return {Take(size), ok_ ? size : 0};
  }
  template <typename T>
  Array<T> Items(std::size_t count) {
    at_ = (at_ + 7) / 8 * 8;
    if (at_ > size_ || count > (size_ - at_) / sizeof(T)) {
      ok_ = false;
      return {};
    }
    return {Take(count * sizeof(T))};
  }
  // A count of things of at least one byte each.
  std::uint32_t Count() {
    const auto count = Fixed<std::uint32_t>();
    if (ok_ && count > size_ - at_) ok_ = false;
    return ok_ ? count : 0;
  }

 private:
  const char* Take(std::size_t count) {
    if (!ok_ || at_ > size_ || count > size_ - at_) {
      ok_ = false;
      return nullptr;
    }
    const char* out = begin_ + at_;
    at_ += count;
    return out;
  }

  const char* begin_;
  std::size_t size_;
  std::size_t at_;
  bool ok_;
};

struct Strings {
  Array<std::uint32_t> ends;
  Bytes bytes;
  // False: out of bounds.
  bool Get(std::size_t i, Bytes& out) const {
    const std::uint32_t begin = i == 0 ? 0 : ends[i - 1];
    const std::uint32_t end = ends[i];
    if (begin > end || end > bytes.size) return false;
    out = {bytes.begin + begin, end - begin};
    return true;
  }
};

inline Strings ReadStrings(Reader& reader, std::size_t count) {
  Strings strings;
  strings.ends = reader.Items<std::uint32_t>(count);
  strings.bytes = reader.Text();
  return strings;
}

inline PyObject* ToStr(Bytes text) {
  return PyUnicode_DecodeUTF8(text.begin, static_cast<Py_ssize_t>(text.size), "replace");
}

// A dict key: interned, so that a plugin's own literals are found by identity.
inline PyObject* ToKey(Bytes text) {
  PyObject* key = ToStr(text);
  if (key != nullptr) PyUnicode_InternInPlace(&key);
  return key;
}

inline PyObject* BadPayload(const char* what) {
  if (PyErr_Occurred() == nullptr) PyErr_Format(PyExc_ValueError, "bad %s from the server", what);
  return nullptr;
}

template <typename T>
T BitsTo(std::uint64_t word) {
  T value;
  static_assert(sizeof value == sizeof word);
  std::memcpy(&value, &word, sizeof value);
  return value;
}

}  // namespace tidemill::native
