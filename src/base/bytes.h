// Writing and reading little-endian records: ByteWriter appends, ByteReader checks every bound.
//
// A ByteReader that runs out goes bad and stays bad; look at ok() once at the end of a record.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace tidemill {

static_assert(std::endian::native == std::endian::little,
              "records are little-endian and copied as they are");

class ByteWriter {
 public:
  explicit ByteWriter(std::string& out) : out_(out) {}
  template <typename T>
  requires std::is_arithmetic_v<T>
  void Fixed(T value) { out_.append(reinterpret_cast<const char*>(&value), sizeof value); }
  void Varint(std::uint64_t value) {
    while (value >= 0x80) {
      out_.push_back(static_cast<char>(value | 0x80));
      value >>= 7;
    }
    out_.push_back(static_cast<char>(value));
  }
  void Text(std::string_view text) {
    Varint(text.size());
    out_.append(text);
  }
  template <typename T>
  requires std::is_arithmetic_v<T>
  void Array(std::span<const T> values) {
    out_.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  }
  std::size_t size() const { return out_.size(); }

 private:
  std::string& out_;
};

class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}
  template <typename T>
  requires std::is_arithmetic_v<T> T Fixed() {
    T value{};
    if (!Have(sizeof value)) return value;
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_.remove_prefix(sizeof value);
    return value;
  }
  std::uint64_t Varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (!Have(1)) return 0;
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    ok_ = false;
    return 0;
  }
  std::string_view Text() { return Bytes(Varint()); }
  std::string_view Bytes(std::uint64_t count) {
    if (!Have(count)) return {};
    const auto out = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return out;
  }
  // Copies `count` values; false (and bad) when there are not that many, before anything is
  // allocated.
  template <typename T, typename Vector>
  bool Array(std::uint64_t count, Vector& into) {
    if (count > rest_.size() / sizeof(T)) {
      ok_ = false;
      return false;
    }
    into.resize(count);
    if (count > 0) std::memcpy(into.data(), rest_.data(), count * sizeof(T));
    rest_.remove_prefix(count * sizeof(T));
    return true;
  }
  std::size_t remaining() const { return rest_.size(); }
  bool ok() const { return ok_; }
  void Fail() { ok_ = false; }

 private:
  bool Have(std::uint64_t count) {
    if (ok_ && rest_.size() >= count) return true;
    ok_ = false;
    return false;
  }
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace tidemill
