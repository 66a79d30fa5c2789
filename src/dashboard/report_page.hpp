#pragma once

#include <string>
#include <string_view>

namespace rayd {

/// The dashboard's pages as one HTML file that needs no server: scripts, styles
/// and pictures stand in it as data: addresses, and its content policy lets
/// nothing else be loaded. report_feed.js takes the place of the server.
/// @param data  What the pages show, as JSON (cli/report_data.hpp).
std::string report_page(std::string_view data);

} // namespace rayd
