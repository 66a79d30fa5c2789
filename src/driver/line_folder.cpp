#include "driver/line_folder.hpp"

#include <fmt/format.h>

namespace rayd {

void line_folder::close_oldest(std::vector<shown_line>& into) {
  const auto at = entries_.find(order_.begin()->second);
  const auto& [of, held] = *at;
  if (held.repeated == 1)
    into.push_back({of.first, held.last_prefix, of.second});
  else if (held.repeated > 1)
    into.push_back({of.first, held.last_prefix,
                    fmt::format("{} [repeated {}x across cluster]", of.second,
                                held.repeated)});
  entries_.erase(at);
  order_.erase(order_.begin());
}

std::vector<shown_line> line_folder::add(shown_line line,
                                         clock::time_point now) {
  auto shown = due(now);
  const key of{line.errors, line.text};
  const auto at = entries_.find(of);
  if (at == entries_.end()) {
    if (entries_.size() == lines_max)
      close_oldest(shown);
    auto& made = entries_[of];
    made.since = now;
    made.number = ++last_number_;
    made.sources = {line.prefix};
    order_[made.number] = of;
    shown.push_back(std::move(line));
    return shown;
  }
  auto& known = at->second;
  known.sources.insert(line.prefix);
  if (known.sources.size() == 1) {
    shown.push_back(std::move(line));
    return shown;
  }
  ++known.repeated;
  known.last_prefix = std::move(line.prefix);
  return shown;
}

std::vector<shown_line> line_folder::due(clock::time_point now) {
  std::vector<shown_line> shown;
  while (!order_.empty()
         && entries_.at(order_.begin()->second).since + window <= now)
    close_oldest(shown);
  return shown;
}

std::vector<shown_line> line_folder::finish() {
  std::vector<shown_line> shown;
  while (!order_.empty())
    close_oldest(shown);
  return shown;
}

std::optional<line_folder::clock::time_point> line_folder::next() const {
  if (order_.empty())
    return std::nullopt;
  return entries_.at(order_.begin()->second).since + window;
}

} // namespace rayd
