# tidemill_module(NAME [USES module...] [LIBRARIES target...] [PRIVATE_LIBRARIES target...])
#
# One static library per folder of src/, made of every .cc in it (and in its sub-folders), and one
# test program NAME_test of every *_test.cc. USES may name modules of lower layers only: the layers
# are read from src/LAYERS.txt, and a wrong one stops the configuration.
# PRIVATE_LIBRARIES are not seen by the modules that use this one: their headers stay inside.
# Tests that need more (fakes live in src/testing/) say so with TEST_USES.
file(STRINGS ${CMAKE_SOURCE_DIR}/src/LAYERS.txt _layer_lines REGEX "^[0-9]")
foreach(_line IN LISTS _layer_lines)
  string(REGEX MATCH "^([0-9]+) ([a-z_]+)" _ "${_line}")
  set(TIDEMILL_LAYER_${CMAKE_MATCH_2} ${CMAKE_MATCH_1})
endforeach()

function(tidemill_module name)
  cmake_parse_arguments(ARG "" "" "USES;LIBRARIES;PRIVATE_LIBRARIES;TEST_USES;EXCLUDE" ${ARGN})
  if(NOT DEFINED TIDEMILL_LAYER_${name})
    message(FATAL_ERROR "module '${name}' is not in src/LAYERS.txt")
  endif()
  foreach(used IN LISTS ARG_USES)
    if(NOT TIDEMILL_LAYER_${used} LESS TIDEMILL_LAYER_${name})
      message(FATAL_ERROR "module '${name}' (layer ${TIDEMILL_LAYER_${name}}) may not use '${used}' (layer ${TIDEMILL_LAYER_${used}})")
    endif()
  endforeach()

  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cc)
  set(tests ${sources})
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  list(FILTER tests INCLUDE REGEX "_test\\.cc$")
  foreach(pattern IN LISTS ARG_EXCLUDE)
    list(FILTER sources EXCLUDE REGEX "${pattern}")
  endforeach()

  if(sources)
    add_library(${name} STATIC ${sources})
    set(scope PUBLIC)
    target_link_libraries(${name} PRIVATE tidemill_warnings ${ARG_PRIVATE_LIBRARIES})
  else()
    add_library(${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${name} ${scope} ${CMAKE_SOURCE_DIR}/src)
  target_link_libraries(${name} ${scope} ${ARG_USES} ${ARG_LIBRARIES})

  if(tests AND TIDEMILL_BUILD_TESTS)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE ${name} ${ARG_PRIVATE_LIBRARIES} ${ARG_TEST_USES}
      tidemill_warnings GTest::gmock GTest::gtest_main)
    set_target_properties(${name}_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    gtest_discover_tests(${name}_test TEST_PREFIX "${name}." DISCOVERY_MODE PRE_TEST
      PROPERTIES LABELS unit TIMEOUT 120)
  endif()
endfunction()
