#include "shared_memory/lane_memory.hpp"

#include <boost/interprocess/exceptions.hpp>

#include <fmt/format.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <new>

namespace rayd {

namespace ipc = boost::interprocess;

namespace {

failure cannot(const char* what, int error) {
  return {ray::errc::connection_failed,
          fmt::format("memory shared by node and program cannot be had: {}: {}",
                      what, std::strerror(error))};
}

result<arena_file> make_file(const char* name, std::size_t bytes) {
  arena_file file(::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file)
    return cannot("memfd_create", errno);
  constexpr int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
  if (::ftruncate(file.fd(), static_cast<off_t>(bytes)) != 0
      || ::fcntl(file.fd(), F_ADD_SEALS, seals) != 0)
    return cannot("sizing it", errno);
  return file;
}

result<ipc::mapped_region> map(const arena_file& file, std::size_t bytes) {
  try {
    return ipc::mapped_region(file, ipc::read_write, 0, bytes);
  } catch (const ipc::interprocess_exception& reason) {
    return cannot("mapping it", reason.get_native_error());
  }
}

/// A descriptor that another process gave: it must have that size for good.
status check_size(const arena_file& file, std::size_t bytes) {
  struct stat about {};
  const int seals = ::fcntl(file.fd(), F_GET_SEALS);
  if (::fstat(file.fd(), &about) != 0
      || about.st_size != static_cast<off_t>(bytes) || seals < 0
      || (seals & F_SEAL_SHRINK) == 0)
    return failure{ray::errc::connection_failed,
                   "the node gave no lane to this program: do both have the "
                   "same version?"};
  return ok();
}

} // namespace

// -- bell_page ----------------------------------------------------------------

result<std::shared_ptr<bell_page>> bell_page::create() {
  std::shared_ptr<bell_page> made(new bell_page);
  auto file = make_file("rayd-bell", sizeof(bell));
  if (!file)
    return file.error();
  made->file_ = std::move(*file);
  auto region = map(made->file_, sizeof(bell));
  if (!region)
    return region.error();
  made->region_ = std::move(*region);
  made->bell_ = new (made->region_.get_address()) bell;
  return made;
}

result<std::shared_ptr<bell_page>> bell_page::open(int fd) {
  const arena_file file(fd);
  std::shared_ptr<bell_page> made(new bell_page);
  if (auto fine = check_size(file, sizeof(bell)); !fine)
    return fine.error();
  auto region = map(file, sizeof(bell));
  if (!region)
    return region.error();
  made->region_ = std::move(*region);
  made->bell_ = static_cast<bell*>(made->region_.get_address());
  return made;
}

// -- lane_memory --------------------------------------------------------------

struct lane_memory::layout {
  bell client;
  ring_counts to_node;
  ring_counts to_client;
  alignas(4096) std::byte node_data[ring_bytes];
  std::byte client_data[ring_bytes];
};

lane_memory::layout& lane_memory::at() noexcept {
  return *static_cast<layout*>(region_.get_address());
}

result<std::shared_ptr<lane_memory>> lane_memory::create() {
  std::shared_ptr<lane_memory> made(new lane_memory);
  auto file = make_file("rayd-lane", sizeof(layout));
  if (!file)
    return file.error();
  made->file_ = std::move(*file);
  auto region = map(made->file_, sizeof(layout));
  if (!region)
    return region.error();
  made->region_ = std::move(*region);
  // Default initialisation leaves the rings' pages untouched.
  new (made->region_.get_address()) layout;
  return made;
}

result<std::shared_ptr<lane_memory>> lane_memory::open(int fd) {
  const arena_file file(fd);
  std::shared_ptr<lane_memory> made(new lane_memory);
  if (auto fine = check_size(file, sizeof(layout)); !fine)
    return fine.error();
  auto region = map(file, sizeof(layout));
  if (!region)
    return region.error();
  made->region_ = std::move(*region);
  return made;
}

bell& lane_memory::client_bell() noexcept {
  return at().client;
}

ring_counts& lane_memory::counts(bool to_node) noexcept {
  return to_node ? at().to_node : at().to_client;
}

ring_writer lane_memory::writer(bool to_node) noexcept {
  return {counts(to_node), to_node ? at().node_data : at().client_data,
          ring_bytes};
}

ring_reader lane_memory::reader(bool to_node) noexcept {
  return {counts(to_node), to_node ? at().node_data : at().client_data,
          ring_bytes};
}

} // namespace rayd
