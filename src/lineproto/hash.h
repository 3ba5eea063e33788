// A fast hash of text for tables that live as long as one parse.
//
// Seeded: who writes lines must not be able to choose names that all fall into one slot. The hash
// decides nothing that can be seen from outside.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace tidemill::lineproto {

namespace internal {
template <typename T>
inline T Load(const char* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

// Both halves of the 128-bit product: every input bit reaches every output bit.
inline std::uint64_t MultiplyAndFold(std::uint64_t a, std::uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}
}  // namespace internal

class TextHash {
 public:
  explicit TextHash(std::uint64_t seed)
      : first_(internal::MultiplyAndFold(seed ^ 0x9e3779b97f4a7c15, 0xd6e8feb86659fd93)),
        second_(internal::MultiplyAndFold(seed ^ 0xc2b2ae3d27d4eb4f, 0xff51afd7ed558ccd)) {}

  std::uint64_t operator()(std::string_view text) const {
    using internal::Load;
    const char* at = text.data();
    std::size_t left = text.size();
    std::uint64_t hash = second_ ^ left;
    for (; left > 16; at += 16, left -= 16) {
      hash = internal::MultiplyAndFold(Load<std::uint64_t>(at) ^ first_,
                                       Load<std::uint64_t>(at + 8) ^ hash);
    }
    std::uint64_t a = 0;
    std::uint64_t b = 0;
    if (left >= 8) {  // the two loads overlap when there are fewer than 16
      a = Load<std::uint64_t>(at);
      b = Load<std::uint64_t>(at + left - 8);
    } else if (left >= 4) {
      a = Load<std::uint32_t>(at);
      b = Load<std::uint32_t>(at + left - 4);
    } else if (left > 0) {
      a = static_cast<unsigned char>(at[0]);
      b = static_cast<std::uint64_t>(static_cast<unsigned char>(at[left / 2])) << 8 |
          static_cast<unsigned char>(at[left - 1]);
    }
    hash = internal::MultiplyAndFold(a ^ first_, b ^ hash);
    return internal::MultiplyAndFold(hash ^ first_, second_);
  }

 private:
  std::uint64_t first_;
  std::uint64_t second_;
};

}  // namespace tidemill::lineproto
