// Whether a program that came from elsewhere can run here, before it is run.

#include "object_transfer/program_manifest.hpp"

#include "transport/owned_fd.hpp"

#include <fmt/format.h>

#include <elf.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <vector>

namespace rayd {

namespace {

failure cannot(std::string why) {
  return {ray::errc::worker_died, std::move(why)};
}

std::string name_of_machine(unsigned machine) {
  switch (machine) {
    case EM_X86_64: return "x86-64";
    case EM_AARCH64: return "aarch64";
    case EM_386: return "x86 (32 bits)";
    case EM_ARM: return "arm (32 bits)";
    case EM_RISCV: return "risc-v";
    case EM_PPC64: return "ppc64";
    case EM_S390: return "s390";
    default: return fmt::format("machine type {}", machine);
  }
}

/// The header of the program that asks: what this machine runs.
bool read_header(const char* path, Elf64_Ehdr& header) {
  const owned_fd file{::open(path, O_RDONLY | O_CLOEXEC)};
  return file && ::pread(file.get(), &header, sizeof header, 0)
                   == static_cast<ssize_t>(sizeof header);
}

/// The loader that *program* names; "" for a static one.
result<std::string> loader_of(const std::string& program) {
  Elf64_Ehdr header{};
  Elf64_Ehdr own{};
  const auto name = std::filesystem::path{program}.filename().string();
  if (!read_header(program.c_str(), header)
      || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
    return cannot(fmt::format("program {} is no ELF executable", name));
  if (!read_header("/proc/self/exe", own)
      || header.e_ident[EI_CLASS] != own.e_ident[EI_CLASS]
      || header.e_machine != own.e_machine)
    return cannot(fmt::format("program {} is made for {}, this node is {}: "
                              "build it for this machine, or keep its tasks "
                              "away by labels",
                              name, name_of_machine(header.e_machine),
                              name_of_machine(own.e_machine)));
  const owned_fd file{::open(program.c_str(), O_RDONLY | O_CLOEXEC)};
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment{};
    const auto at
      = static_cast<off_t>(header.e_phoff + i * sizeof(Elf64_Phdr));
    if (::pread(file.get(), &segment, sizeof segment, at)
        != static_cast<ssize_t>(sizeof segment))
      break;
    if (segment.p_type != PT_INTERP || segment.p_filesz > 4096)
      continue;
    std::string loader(segment.p_filesz, '\0');
    if (::pread(file.get(), loader.data(), loader.size(),
                static_cast<off_t>(segment.p_offset))
        == static_cast<ssize_t>(loader.size()))
      return std::string{loader.c_str()};
  }
  return std::string{};
}

/// What the loader prints of the program's libraries, as for ldd(1), and
/// whether it succeeded. Nothing of the program runs.
std::pair<bool, std::string> list_libraries(const std::string& loader,
                                            const std::string& program,
                                            const std::string& folder) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return {true, {}};
  const owned_fd in{ends[0]};
  owned_fd out{ends[1]};
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, out.get(), 1);
  ::posix_spawn_file_actions_adddup2(&actions, out.get(), 2);
  auto loader_text = loader;
  auto program_text = program;
  char* arguments[] = {loader_text.data(), program_text.data(), nullptr};
  auto path = "LD_LIBRARY_PATH=" + folder;
  std::string trace = "LD_TRACE_LOADED_OBJECTS=1";
  char* environment[] = {path.data(), trace.data(), nullptr};
  pid_t pid = 0;
  const int wrong = ::posix_spawn(&pid, loader.c_str(), &actions, nullptr,
                                  arguments, environment);
  ::posix_spawn_file_actions_destroy(&actions);
  out.reset(-1);
  if (wrong != 0)
    return {true, {}};
  std::string text;
  char block[4096];
  for (ssize_t got = 0; (got = ::read(in.get(), block, sizeof block)) > 0;)
    text.append(block, static_cast<std::size_t>(got));
  int ended = 0;
  ::waitpid(pid, &ended, 0);
  return {WIFEXITED(ended) && WEXITSTATUS(ended) == 0, std::move(text)};
}

std::string line_with(const std::string& text, const std::string& part) {
  const auto at = text.find(part);
  if (at == std::string::npos)
    return {};
  const auto begin = text.rfind('\n', at);
  auto line = text.substr(begin == std::string::npos ? 0 : begin + 1,
                          text.find('\n', at) - begin - 1);
  line.erase(0, line.find_first_not_of(" \t"));
  return line;
}

} // namespace

status can_execute(const std::string& program, const std::string& folder) {
  const auto loader = loader_of(program);
  if (!loader)
    return loader.error();
  if (loader->empty())
    return ok();
  const auto name = std::filesystem::path{program}.filename().string();
  if (::access(loader->c_str(), X_OK) != 0)
    return cannot(fmt::format("program {} needs the loader {}, which is not "
                              "on this node: it was built for another system",
                              name, *loader));
  const auto [good, text] = list_libraries(*loader, program, folder);
  if (const auto line = line_with(text, "=> not found"); !line.empty())
    return cannot(fmt::format("program {} needs the library {}, which is not "
                              "on this node and not among the program's own: "
                              "install it here",
                              name, line.substr(0, line.find(' '))));
  if (const auto line = line_with(text, "not found"); !good && !line.empty())
    return cannot(fmt::format("program {} cannot run on this node: {}", name,
                              line));
  return ok();
}

} // namespace rayd
