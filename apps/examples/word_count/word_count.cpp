// Word count by map and reduce: one map task per file, whose counts are split
// by word into parts; one reduce task per part adds them up.
#include <ray/ray.hpp>

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

using counts = std::map<std::string, int>;

constexpr std::size_t reducers = 4;

// Map: counts of one text, in one map for each reduce task.
std::vector<counts> count_words(const std::string& text) {
  std::vector<counts> result(reducers);
  std::string word;
  const auto end_word = [&] {
    if (!word.empty())
      ++result[std::hash<std::string>{}(word) % reducers][word];
    word.clear();
  };
  for (const char c : text)
    if (std::isalpha(static_cast<unsigned char>(c)))
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    else
      end_word();
  end_word();
  return result;
}

// Reduce: references in a container stay references, so this task starts at
// once and waits inside. While it waits, its CPU is free for the map tasks.
counts add_up(const std::vector<ray::object_ref<std::vector<counts>>>& mapped,
              std::size_t part) {
  counts total;
  for (const auto& of_one_text : ray::get(mapped))
    for (const auto& [word, count] : of_one_text[part])
      total[word] += count;
  return total;
}

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

int main(int argc, char** argv) {
  auto session = ray::init(argc, argv);
  const std::filesystem::path folder = argc > 1 ? argv[1] : ".";

  std::vector<ray::object_ref<std::vector<counts>>> mapped;
  for (const auto& file : std::filesystem::directory_iterator{folder})
    if (file.is_regular_file())
      // The text goes along: other nodes need not have the file.
      mapped.push_back(ray::remote<count_words>(text_of(file.path())));

  std::vector<ray::object_ref<counts>> reduced;
  for (std::size_t part = 0; part < reducers; ++part)
    reduced.push_back(ray::remote<add_up>(mapped, part));

  std::vector<std::pair<std::string, int>> all;
  for (const auto& part : ray::get(reduced))
    all.insert(all.end(), part.begin(), part.end());
  // The most frequent first; words of the same count by the alphabet.
  std::ranges::sort(all, {}, [](const auto& one) {
    return std::pair{-one.second, one.first};
  });
  fmt::print("{} files, {} different words\n", mapped.size(), all.size());
  for (std::size_t i = 0; i < std::min<std::size_t>(5, all.size()); ++i)
    fmt::print("{:>3} {}\n", all[i].second, all[i].first);
}
