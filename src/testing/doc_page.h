// For tests that hold the code to its documentation: a page of docs/, found from wherever the test
// runs inside the checkout (the source file's own path is no guide: ccache shortens it).
#pragma once

#include <gtest/gtest.h>

#include <cctype>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace tidemill::testing {

// `page` is relative to docs/, such as "formats/wal.md". Fails the test when it is not there.
inline std::ifstream OpenDocPage(std::string_view page) {
  auto folder = std::filesystem::current_path();
  while (!std::filesystem::exists(folder / "docs" / page) && folder.has_relative_path())
    folder = folder.parent_path();
  std::ifstream file(folder / "docs" / page);
  EXPECT_TRUE(file.good()) << "docs/" << page << " was not found: run the test inside the checkout";
  return file;
}

// Of the page's first ```hex block; what stands behind a # is not part of it.
inline std::string HexExampleOn(std::string_view page) {
  std::ifstream file = OpenDocPage(page);
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

}  // namespace tidemill::testing
