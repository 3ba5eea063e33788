// For tests: the bytes of the example on a page of docs/formats/.
#pragma once

#include <gtest/gtest.h>

#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

namespace tidemill::storage {

// Of the page's first ```hex block; what stands behind a # is not part of it.
inline std::string ExampleOn(std::string_view page) {
  const auto path = std::filesystem::path(__FILE__).parent_path().parent_path().parent_path() /
                    "docs" / "formats" / page;
  std::ifstream file(path);
  EXPECT_TRUE(file.good()) << path;
  std::string bytes;
  std::string line;
  std::string digits;
  bool is_inside = false;
  while (std::getline(file, line)) {
    if (is_inside && line == "```") break;
    if (is_inside) {
      for (const char c : line.substr(0, line.find('#'))) {
        if (std::isxdigit(static_cast<unsigned char>(c)) != 0) digits += c;
      }
    }
    if (line == "```hex") is_inside = true;
  }
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
  }
  return bytes;
}

}  // namespace tidemill::storage
