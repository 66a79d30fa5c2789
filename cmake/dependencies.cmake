# What rayd builds on: Debian packages only (scripts/install_dependencies.sh).
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

find_package(Threads REQUIRED)
find_package(CAF 0.17.6...<0.18 REQUIRED COMPONENTS io)
find_package(Boost 1.74 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
find_package(CapnProto REQUIRED)
# By name: the imported targets of Debian 12 point into /usr/lib/bin, where
# nothing is.
find_program(CAPNP_TOOL capnp REQUIRED)
find_program(CAPNP_CPP_TOOL capnpc-c++ REQUIRED)
find_library(HIREDIS_LIBRARY hiredis REQUIRED)
find_library(XXHASH_LIBRARY xxhash REQUIRED)
