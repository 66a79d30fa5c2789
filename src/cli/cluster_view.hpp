#pragma once

#include "cli/commands.hpp"
#include "cli/flags.hpp"

#include <string>
#include <vector>

namespace rayd {

/// Flags of commands that ask a cluster: --address, the secret, --json.
std::vector<flag> query_flags();

/// Finds the node that *given* means, asks it for *what* ("status", "nodes",
/// "why" with an id)
/// and gives the JSON. Without an address: --address, RAY_ADDRESS, `auto`.
query_answer query_cluster(command_context& context, const parsed_flags& given,
                           std::string_view what, const std::string& id = {});

/// The same for any request of wire/query.hpp.
query_answer send_query(command_context& context, const parsed_flags& given,
                        const std::string& request);

/// Tables for people from an answer of wire/query.hpp; "" when the text is
/// not such an answer. Missing numbers are shown as "-".
std::string nodes_table(const std::string& json);
std::string status_text(const std::string& json, bool colour);

/// The same JSON, indented by two.
std::string indent_json(const std::string& json);

/// The array of nodes alone, indented by two.
std::string nodes_json(const std::string& json);

} // namespace rayd
