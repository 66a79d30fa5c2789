// Catch2 2 needs its main compiled once; version 3 brings its own.
#ifdef RAYD_CATCH2_V2
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#endif
