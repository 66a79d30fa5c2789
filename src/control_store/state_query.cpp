#include "control_store/state_query.hpp"

#include "control_store/state_parts.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace rayd {

namespace {

using namespace std::chrono_literals;

using answer_part
  = result<state_json> (*)(redis_link&, const state_question&);

answer_part part_of(const std::string& what) {
  if (what == "list")
    return list_state;
  if (what == "get")
    return get_state;
  if (what == "summary")
    return sum_up_state;
  if (what == "timeline")
    return trace_state;
  if (what == "graph")
    return graph_state;
  return nullptr;
}

} // namespace

result<std::string> answer_state(redis_link& link,
                                 const state_question& question) {
  const auto part = part_of(question.what);
  if (part == nullptr)
    return failure{ray::errc::wrong_type,
                   fmt::format("the control store answers no query \"{}\"",
                               question.what)};
  auto answer = part(link, question);
  if (!answer)
    return answer.error();
  return text_of_json(*answer);
}

result<std::string> query_state(const redis_place& place,
                                std::string_view request) {
  const auto question = read_question(request);
  if (!question)
    return text_of_json({{"error", question.error().message}});
  auto link = redis_link::open(place, redis_link::clock::now() + 2s,
                               [] { return true; });
  if (!link)
    return link.error();
  return answer_state(*link, *question);
}

} // namespace rayd
