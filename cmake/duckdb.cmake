# DuckDB 1.4.4, prebuilt: the library from one npm package, the headers of the same commit from
# another, both pinned by SHA-512. Any other pair of versions aborts at start, so the version and
# source id are checked here and again when the engine opens (sql/duckdb_instance.cc).
#
# The packages are fetched once with `npm pack` (no install scripts run) into
# ${TIDEMILL_DEPENDENCY_DIR}, which `./dev setup` fills.
set(DUCKDB_VERSION 1.4.4)
set(DUCKDB_SOURCE_ID 6ddac802ff)
set(TIDEMILL_DEPENDENCY_DIR "$ENV{HOME}/.cache/tidemill" CACHE PATH "Where fetched packages are kept")

function(tidemill_npm_package result package file sha512)
  set(folder ${TIDEMILL_DEPENDENCY_DIR}/npm)
  set(path ${folder}/${file})
  if(NOT EXISTS ${path})
    find_program(NPM npm REQUIRED)
    file(MAKE_DIRECTORY ${folder})
    message(STATUS "fetching ${package} with npm pack")
    execute_process(COMMAND ${NPM} pack --silent --ignore-scripts ${package}
      WORKING_DIRECTORY ${folder} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
  endif()
  file(SHA512 ${path} actual)
  if(NOT actual STREQUAL sha512)
    message(FATAL_ERROR "${path}: SHA-512 is ${actual}, expected ${sha512}; delete the file and run ./dev setup")
  endif()
  set(${result} ${path} PARENT_SCOPE)
endfunction()

tidemill_npm_package(_duckdb_library_package @duckdb/node-bindings-linux-x64@1.4.4-r.4
  duckdb-node-bindings-linux-x64-1.4.4-r.4.tgz
  8c14cbfd6bdfc312d3a056bfa551df4fa7a532d96d2469dcdf04aec590fd39f325b62b7d614755152dfbbc1150cd7313d59f0e5a3b528cc87eccf2b13b01cb1c)
tidemill_npm_package(_duckdb_header_package duckdb@1.4.4
  duckdb-1.4.4.tgz
  844249e61c9517454b8f776638ba6c5ab411d1bddde1892ab72826ea25178c72430e74aa83f5122b171be6abcdace84560f824b5ac94e9d5c2b603ea7269a9a2)

set(_duckdb_dir ${TIDEMILL_DEPENDENCY_DIR}/duckdb-${DUCKDB_VERSION})
if(NOT EXISTS ${_duckdb_dir}/complete)
  message(STATUS "unpacking DuckDB ${DUCKDB_VERSION} to ${_duckdb_dir}")
  file(REMOVE_RECURSE ${_duckdb_dir})
  file(ARCHIVE_EXTRACT INPUT ${_duckdb_library_package} DESTINATION ${_duckdb_dir}/library)
  file(ARCHIVE_EXTRACT INPUT ${_duckdb_header_package} DESTINATION ${_duckdb_dir}/headers
    PATTERNS "package/src/duckdb/src/include/*" "package/LICENSE*")
  file(WRITE ${_duckdb_dir}/complete "")
endif()

set(DUCKDB_LIBRARY ${_duckdb_dir}/library/package/libduckdb.so)
set(DUCKDB_INCLUDE ${_duckdb_dir}/headers/package/src/duckdb/src/include)
# The check runs a program of eight lines against the C API: a wrong pair is found here, not in production.
if(NOT TIDEMILL_DUCKDB_CHECKED STREQUAL "${DUCKDB_VERSION}-${DUCKDB_SOURCE_ID}")
  file(WRITE ${CMAKE_BINARY_DIR}/duckdb_check.cc "#include \"duckdb.h\"
#include <cstdio>
#include <cstring>
int main() {
  duckdb_database db; duckdb_connection con; duckdb_result r;
  if (std::strcmp(duckdb_library_version(), \"v${DUCKDB_VERSION}\") != 0) { std::puts(duckdb_library_version()); return 1; }
  if (duckdb_open(nullptr, &db) || duckdb_connect(db, &con) || duckdb_query(con, \"SELECT source_id FROM pragma_version()\", &r)) return 2;
  char* id = duckdb_value_varchar(&r, 0, 0);
  std::puts(id);
  return std::strcmp(id, \"${DUCKDB_SOURCE_ID}\") != 0;
}
")
  try_run(_duckdb_run _duckdb_compiled ${CMAKE_BINARY_DIR}/duckdb_check ${CMAKE_BINARY_DIR}/duckdb_check.cc
    CMAKE_FLAGS "-DINCLUDE_DIRECTORIES=${DUCKDB_INCLUDE}" "-DCMAKE_BUILD_RPATH=${_duckdb_dir}/library/package"
    LINK_LIBRARIES ${DUCKDB_LIBRARY} COMPILE_OUTPUT_VARIABLE _duckdb_log RUN_OUTPUT_VARIABLE _duckdb_out)
  if(NOT _duckdb_compiled OR NOT "${_duckdb_run}" STREQUAL "0")
    message(FATAL_ERROR "DuckDB ${DUCKDB_VERSION} (${DUCKDB_SOURCE_ID}) is required; the check said: ${_duckdb_out}${_duckdb_log}")
  endif()
  set(TIDEMILL_DUCKDB_CHECKED "${DUCKDB_VERSION}-${DUCKDB_SOURCE_ID}" CACHE INTERNAL "")
endif()

add_library(duckdb SHARED IMPORTED GLOBAL)
set_target_properties(duckdb PROPERTIES IMPORTED_LOCATION ${DUCKDB_LIBRARY} IMPORTED_NO_SONAME FALSE IMPORTED_SONAME libduckdb.so)
target_include_directories(duckdb SYSTEM INTERFACE ${DUCKDB_INCLUDE})
target_compile_definitions(duckdb INTERFACE TIDEMILL_DUCKDB_VERSION="v${DUCKDB_VERSION}" TIDEMILL_DUCKDB_SOURCE_ID="${DUCKDB_SOURCE_ID}")
