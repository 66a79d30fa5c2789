#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

/// A folder of mode 0700 that goes with the test.
class temporary_folder {
public:
  temporary_folder() {
    char name[] = "/tmp/rayd-unit-XXXXXX";
    path_ = ::mkdtemp(name);
  }
  ~temporary_folder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  temporary_folder(const temporary_folder&) = delete;
  temporary_folder& operator=(const temporary_folder&) = delete;

  const std::filesystem::path& path() const { return path_; }

  /// Writes a file of *mode* and gives its path.
  std::string write(const std::string& name, const std::string& content,
                    unsigned mode = 0600) const {
    auto file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream{file} << content;
    std::filesystem::permissions(file,
                                 static_cast<std::filesystem::perms>(mode));
    return file;
  }

private:
  std::filesystem::path path_;
};
