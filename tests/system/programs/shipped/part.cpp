#include "part.hpp"

std::string twice(std::string text) {
  return text + text;
}
