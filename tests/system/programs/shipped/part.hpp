#pragma once

#include <string>

/// A function of libshipped_part: what it was given, twice.
std::string twice(std::string text);
