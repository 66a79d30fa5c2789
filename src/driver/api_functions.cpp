#include <ray/detail/function_table.hpp>
#include <ray/detail/invocation.hpp>

#include <xxhash.h>

#include <elf.h>
#include <link.h>

#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <vector>

namespace ray::detail {

namespace {

constinit std::atomic<function_entry*> newest{nullptr};

/// Keys to entries, for those of the list that were seen so far.
struct key_index {
  std::shared_mutex lock;
  std::map<function_key, const function_entry*> entries;
  const function_entry* indexed = nullptr; // Newest of the list when built.
};

key_index& index_of_process() {
  static key_index index;
  return index;
}

using program_header = ElfW(Phdr);

/// A module of this process that holds a certain address.
struct module_search {
  std::uintptr_t wanted = 0;
  bool found = false;
  std::uintptr_t base = 0;
  std::string path;
  std::optional<std::uint64_t> build_id_hash;
};

void read_notes(const dl_phdr_info& info, const program_header& segment,
                module_search& search) {
  const auto* at
    = reinterpret_cast<const char*>(info.dlpi_addr + segment.p_vaddr);
  const char* end = at + segment.p_memsz;
  while (at + sizeof(ElfW(Nhdr)) <= end) {
    ElfW(Nhdr) note;
    std::memcpy(&note, at, sizeof(note));
    const char* name = at + sizeof(note);
    const char* content = name + ((note.n_namesz + 3u) & ~3u);
    if (content + note.n_descsz > end)
      return;
    if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4
        && std::memcmp(name, "GNU", 4) == 0)
      search.build_id_hash = XXH3_64bits(content, note.n_descsz);
    at = content + ((note.n_descsz + 3u) & ~3u);
  }
}

int visit_module(dl_phdr_info* info, std::size_t, void* data) {
  auto& search = *static_cast<module_search*>(data);
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const auto& segment = info->dlpi_phdr[i];
    const std::uintptr_t begin = info->dlpi_addr + segment.p_vaddr;
    if (segment.p_type == PT_LOAD && search.wanted >= begin
        && search.wanted < begin + segment.p_memsz)
      search.found = true;
  }
  if (!search.found)
    return 0;
  search.base = info->dlpi_addr;
  search.path = info->dlpi_name != nullptr ? info->dlpi_name : "";
  for (int i = 0; i < info->dlpi_phnum; ++i)
    if (info->dlpi_phdr[i].p_type == PT_NOTE)
      read_notes(*info, info->dlpi_phdr[i], search);
  return 1;
}

std::uint64_t hash_of_file(const std::string& path) {
  // The main program has no name; its file may even be unlinked.
  std::ifstream file{path.empty() ? "/proc/self/exe" : path, std::ios::binary};
  std::vector<char> block(1 << 20);
  XXH3_state_t* state = XXH3_createState();
  XXH3_64bits_reset(state);
  while (file.read(block.data(), static_cast<std::streamsize>(block.size()))
         || file.gcount() > 0)
    XXH3_64bits_update(state, block.data(),
                       static_cast<std::size_t>(file.gcount()));
  const auto hash = XXH3_64bits_digest(state);
  XXH3_freeState(state);
  return hash;
}

} // namespace

std::uint64_t module_of(const void* address, std::uint64_t& offset) {
  static std::mutex lock;
  static std::map<std::uintptr_t, std::uint64_t> hash_by_base;
  module_search search;
  search.wanted = reinterpret_cast<std::uintptr_t>(address);
  dl_iterate_phdr(&visit_module, &search);
  if (!search.found)
    return 0;
  offset = search.wanted - search.base;
  if (search.build_id_hash)
    return *search.build_id_hash;
  const std::lock_guard guard{lock};
  auto [known, added] = hash_by_base.try_emplace(search.base, 0);
  if (added)
    known->second = hash_of_file(search.path);
  return known->second;
}

function_key function_entry::key() const {
  if (!keyed_.load(std::memory_order_acquire)) {
    std::uint64_t offset = 0;
    module_.store(module_of(this, offset), std::memory_order_relaxed);
    offset_.store(offset, std::memory_order_relaxed);
    keyed_.store(true, std::memory_order_release);
  }
  return {module_.load(std::memory_order_relaxed),
          offset_.load(std::memory_order_relaxed)};
}

bool function_table::add(function_entry& entry) noexcept {
  // A template's entry may be initialised by each module that holds it.
  if (entry.listed_.exchange(true))
    return true;
  entry.next_ = newest.load();
  while (!newest.compare_exchange_weak(entry.next_, &entry)) {
  }
  return true;
}

const function_entry* function_table::find(const function_key& key) {
  auto& index = index_of_process();
  const function_entry* now = newest.load();
  {
    const std::shared_lock guard{index.lock};
    const auto found = index.entries.find(key);
    if (found != index.entries.end())
      return found->second;
    if (index.indexed == now)
      return nullptr;
  }
  const std::lock_guard guard{index.lock};
  for (const auto* entry = now; entry != nullptr && entry != index.indexed;
       entry = entry->next_)
    index.entries.emplace(entry->key(), entry);
  index.indexed = now;
  const auto found = index.entries.find(key);
  return found != index.entries.end() ? found->second : nullptr;
}

void invoke(const function_entry& entry,
            std::unique_ptr<invocation> call) noexcept {
  call->entry = &entry;
  entry.run()(std::move(call));
}

} // namespace ray::detail
