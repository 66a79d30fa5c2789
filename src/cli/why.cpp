#include "base/ids.hpp"
#include "cli/cluster_view.hpp"
#include "cli/commands.hpp"
#include "wire/query.hpp"

#include <nlohmann/json.hpp>

#include <ostream>

namespace rayd {

namespace {

/// The sentence of an answer; empty when it is none.
std::string sentence_of(const std::string& text) {
  const auto answer = nlohmann::json::parse(text, nullptr, false);
  if (!answer.is_object() || !answer.contains("sentence")
      || !answer["sentence"].is_string())
    return {};
  return answer["sentence"].get<std::string>() + "\n";
}

} // namespace

int run_why(command_context& context, const arguments& args) {
  auto flags = query_flags();
  auto given = parse_flags("why", flags, args, 1);
  if (given.help) {
    context.out << describe_flags("rayd why ID [FLAGS]", flags);
    return 0;
  }
  if (!given.problem.empty())
    return complain(context, exit_code::usage, given.problem);
  if (given.words.empty())
    return complain(context, exit_code::usage,
                    "rayd why needs the id of a task or actor: rayd why ID");
  if (!parse_object_id(given.words[0]))
    return complain(context, exit_code::usage,
                    "rayd why needs an id of 32 hexadecimal digits: rayd dump "
                    "shows those of tasks and actors");
  auto answer = query_cluster(context, given, query_why, given.words[0]);
  if (answer.code != exit_code::ok)
    return complain(context, answer.code, answer.text);
  auto text = given.value("json") == "true" ? indent_json(answer.text)
                                            : sentence_of(answer.text);
  if (text.empty())
    return complain(context, exit_code::failed,
                    "the node's answer is not as this version of rayd expects: "
                    "use the rayd of the cluster's version");
  context.out << text;
  return 0;
}

} // namespace rayd
