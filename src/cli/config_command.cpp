#include "cli/option_flags.hpp"
#include "cli/table.hpp"
#include "config/effective_options.hpp"

#include <nlohmann/json.hpp>

#include <ostream>

namespace rayd {

namespace {

constexpr std::string_view usage = "rayd config [start] [FLAGS]";

std::vector<flag> config_flags() {
  std::vector<flag> flags{{"json", "", "Print the options as JSON."}};
  for (auto& one : option_flags())
    flags.push_back(std::move(one));
  return flags;
}

std::string options_json(const effective_options& effective) {
  auto rows = nlohmann::json::array();
  for (auto& value : effective.values)
    rows.push_back({{"key", value.row->key},
                    {"value", value.text},
                    {"source", value.source},
                    {"where", value.where}});
  nlohmann::json json{{"options", rows}};
  return json.dump(2, ' ', true, nlohmann::json::error_handler_t::replace)
         + "\n";
}

std::string options_table(const effective_options& effective) {
  std::vector<std::vector<std::string>> rows{{"OPTION", "VALUE", "FROM"}};
  for (auto& value : effective.values) {
    auto from = std::string{value.source};
    if (!value.where.empty())
      from += " " + value.where;
    rows.push_back({std::string{value.row->key},
                    value.text.empty() ? "-" : value.text, from});
  }
  return format_table(rows);
}

} // namespace

int run_config(command_context& context, const arguments& args) {
  auto flags = config_flags();
  auto given = parse_flags("config", flags, args, 1);
  if (given.help) {
    context.out << describe_flags(usage, flags);
    return 0;
  }
  // The word is no option's value, but may be a secret in the wrong place.
  if (given.problem.empty() && !given.words.empty()
      && given.words[0] != "start")
    given.problem = "only rayd start has options from files and the "
                    "environment: rayd config start [FLAGS]";
  if (!given.problem.empty())
    return complain(context, exit_code::usage, given.problem);
  auto effective = explain(option_sources_of(context, given));
  if (!effective)
    return complain(context, exit_code::usage, effective.error().message);
  if (given.value("json") == "true") {
    context.out << options_json(*effective);
    return 0;
  }
  auto table = options_table(*effective);
  context.out << (context.colour ? with_bold_head(table) : table);
  return 0;
}

} // namespace rayd
