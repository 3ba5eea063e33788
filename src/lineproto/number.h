// Numbers in line protocol: integers (`-1i`), unsigned integers (`1u`), floats and timestamps.
#pragma once

#include <cstdint>

#include "model/data_type.h"

namespace tidemill::lineproto {

struct Number {
  model::DataType type = model::DataType::kFloat64;  // kInt64, kUInt64 or kFloat64
  std::uint64_t word = 0;                            // its bit pattern
  const char* next = nullptr;                        // behind it; nullptr: no number begins here
  bool is_out_of_range = false;                      // well formed, but too large for its type
};

// The longest number that begins at `at`: `-?digits` with a suffix `i`, or `u` when there is no
// sign, or as a float `[.digits][(e|E)[+-]digits]`. What follows is the caller's to judge.
Number ParseNumber(const char* at, const char* end);

struct Integer {
  std::int64_t value = 0;
  const char* next = nullptr;
  bool is_out_of_range = false;
};

// `-?digits` in 64 bits.
Integer ParseInteger(const char* at, const char* end);

}  // namespace tidemill::lineproto
