#include "cli/option_flags.hpp"

#include "config/option_table.hpp"

namespace rayd {

std::vector<flag> option_flags() {
  std::vector<flag> flags;
  for (auto& row : option_table()) {
    std::string help{row.doc};
    if (!row.works)
      help = "Does not work yet: " + help;
    flags.push_back({std::string{row.key}, std::string{value_name(row)},
                     help});
  }
  flags.push_back({"config", "FILE",
                   "Read options from the section [rayd] of this file."});
  return flags;
}

option_sources option_sources_of(const command_context& context,
                                 const parsed_flags& given) {
  option_sources sources;
  sources.environment = context.environment;
  sources.config_file = given.value("config");
  for (auto& [key, text] : given.values)
    if (find_option(key) != nullptr)
      sources.flags.emplace_back(key, text);
  return sources;
}

} // namespace rayd
