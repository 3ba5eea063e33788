// The names of one table's tags, or of its fields, within one body: text to a small number.
//
// Lines of one table repeat their names in the same order, so each place remembers the name that
// stood there last; comparing with that is all that most names cost.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include "columnar/arena.h"
#include "lineproto/hash.h"
#include "lineproto/lexer.h"

namespace tidemill::lineproto {

class NameTable {
 public:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  explicit NameTable(const TextHash& hash) : by_name_(16, hash) {}

  // The name remembered for `place`, if it and its '=' are what begins at `at`; else kNone.
  std::uint32_t Guess(std::size_t place, const char* at, const char* end) const {
    if (place >= places_.size()) return kNone;
    const std::uint32_t id = places_[place];
    return Matches(names_[id], at, static_cast<std::size_t>(end - at)) ? id : kNone;
  }
  // Length of the text of a guessed name, with its '='.
  std::size_t KeyBytes(std::uint32_t id) const { return names_[id].key_bytes; }

  // The number of the name behind `key`, given one if it is new. `key` is followed by '=' and its
  // text outlives this. The name is what `place` will be compared with from now on.
  std::uint32_t Intern(std::size_t place, const Token& key);

  std::string_view name(std::uint32_t id) const { return names_[id].name; }
  std::size_t size() const { return names_.size(); }

  // False: the name was marked with this line already, that is, it occurs in it twice.
  bool MarkLine(std::uint32_t id, std::uint32_t line) {
    if (names_[id].last_line == line) return false;
    names_[id].last_line = line;
    return true;
  }

 private:
  static constexpr std::size_t kHeadBytes = 16;
  struct Name {
    alignas(kHeadBytes) char head[kHeadBytes];  // the first bytes of the key and its '='
    std::uint32_t head_mask;                    // which of them count
    std::uint32_t key_bytes;                    // with the '='
    const char* key;                            // as it stands in the body
    std::string_view name;                      // without escapes
    std::uint32_t last_line = 0;
  };

  static bool Matches(const Name& name, const char* at, std::size_t bytes_left) {
#if defined(__SSE2__)
    if (bytes_left >= kHeadBytes) {
      const __m128i text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
      const __m128i head = _mm_load_si128(reinterpret_cast<const __m128i*>(name.head));
      const auto equal = static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(text, head)));
      if ((equal & name.head_mask) != name.head_mask) return false;
      if (name.key_bytes <= kHeadBytes) return true;
    }
#endif
    return bytes_left >= name.key_bytes && std::memcmp(at, name.key, name.key_bytes) == 0;
  }
  std::uint32_t Add(std::string_view name, const Token& key);

  std::vector<Name> names_;
  std::vector<std::uint32_t> places_;
  std::unordered_map<std::string_view, std::uint32_t, TextHash> by_name_;
  columnar::Arena unescaped_;
};

}  // namespace tidemill::lineproto
