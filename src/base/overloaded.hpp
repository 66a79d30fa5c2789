#pragma once

namespace rayd {

/// A visitor for std::visit made of lambdas.
template <class... Functions>
struct overloaded : Functions... {
  using Functions::operator()...;
};

template <class... Functions>
overloaded(Functions...) -> overloaded<Functions...>;

} // namespace rayd
