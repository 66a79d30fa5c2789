#pragma once

#include <string>
#include <vector>

namespace rayd {

/// A file of a new project.
struct project_file {
  std::string name;
  std::string content;
};

/// The files of the project that `rayd new` makes: a program with a task and
/// an actor that builds and runs as it stands.
/// @param name    Of the project and its program: see project_name().
/// @param prefix  Where rayd is installed, "" when that is not known; CMake
///   looks there after the places where it looks anyway.
std::vector<project_file> project_files(const std::string& name,
                                        const std::string& prefix);

/// A name for CMake and the program, made of the folder's: letters, digits,
/// _ and -, beginning with a letter.
std::string project_name(const std::string& folder);

} // namespace rayd
