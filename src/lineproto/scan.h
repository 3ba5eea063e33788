// Finding the next byte that means something, sixteen at a time.
#pragma once

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace tidemill::lineproto {

// The first byte in [at, end) that is one of kWanted, or `end`.
template <char... kWanted>
inline const char* FindAny(const char* at, const char* end) {
#if defined(__SSE2__)
  for (; end - at >= 16; at += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i hits = (_mm_cmpeq_epi8(block, _mm_set1_epi8(kWanted)) | ...);
    const int mask = _mm_movemask_epi8(hits);
    if (mask != 0) return at + __builtin_ctz(static_cast<unsigned>(mask));
  }
#endif
  while (at != end && !((*at == kWanted) || ...)) ++at;
  return at;
}

}  // namespace tidemill::lineproto
