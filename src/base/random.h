// Randomness, as a thing one is given. Real: the system's; in tests: seeded.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace tidemill {

class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t Next() = 0;  // thread-safe
};

std::unique_ptr<Random> MakeSystemRandom();

// A random (version 4) UUID in its usual text form.
std::string MakeUuid(Random& random);

}  // namespace tidemill
