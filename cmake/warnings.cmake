# Warnings are errors in our code. Third-party headers come in as SYSTEM and are left alone.
add_library(tidemill_warnings INTERFACE)
target_compile_options(tidemill_warnings INTERFACE -Wall -Wextra -Wconversion -Wshadow -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(tidemill_warnings INTERFACE -Wthread-safety)
elseif(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports these wrongly in optimised std::variant, std::string and coroutine frames.
  target_compile_options(tidemill_warnings INTERFACE -Wno-maybe-uninitialized -Wno-restrict
    -Wno-stringop-overflow -Wno-array-bounds -Wno-stringop-overread -Wno-dangling-pointer)
endif()
