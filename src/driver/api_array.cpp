#include <ray/detail/array_storage.hpp>
#include <ray/detail/codec_traits.hpp>
#include <ray/errors.hpp>
#include <ray/get.hpp>

#include <cstring>
#include <limits>
#include <string>

namespace ray::detail {

namespace {

/// At the start of an array's object.
struct array_header {
  std::uint64_t mark = 0;
  std::uint64_t element_bytes = 0;
  std::uint64_t count = 0;
};

constexpr std::uint64_t array_mark = 0x0001'7961'7272'6172; // "rarray"
static_assert(sizeof(array_header) <= store_alignment);

} // namespace

std::shared_ptr<array_storage> array_storage::make(std::size_t count,
                                                   std::size_t element_bytes) {
  constexpr auto most = std::numeric_limits<std::size_t>::max() / 2;
  if (count > most / element_bytes)
    throw object_store_full("an array of " + std::to_string(count)
                            + " elements is larger than any store");
  auto made = std::make_shared<array_storage>();
  made->room_
    = current_runtime().reserve(store_alignment + count * element_bytes);
  made->data_ = made->room_->bytes.data() + store_alignment;
  made->count_ = count;
  made->pin_ = made->room_;
  std::memset(made->room_->bytes.data(), 0, store_alignment);
  const array_header header{array_mark, element_bytes, count};
  std::memcpy(made->room_->bytes.data(), &header, sizeof(header));
  return made;
}

std::shared_ptr<array_storage> array_storage::open(const object_handle& object,
                                                   const stored_value& value,
                                                   std::size_t element_bytes) {
  // A task that returned an array which it also kept elsewhere gave the
  // reference to it.
  if (value.bytes.size() == sizeof(object_id)) {
    object_id id;
    std::memcpy(&id, value.bytes.data(), sizeof(id));
    return id ? open(current_runtime().retain(id), element_bytes) : nullptr;
  }
  array_header header;
  if (value.bytes.size() < store_alignment)
    malformed("it is too short for an array");
  std::memcpy(&header, value.bytes.data(), sizeof(header));
  if (header.mark != array_mark || header.element_bytes != element_bytes
      || header.count != (value.bytes.size() - store_alignment) / element_bytes)
    malformed("it is no array of elements of this size");
  auto opened = std::make_shared<array_storage>();
  // Never written through: array<T> only gives out const views of it.
  opened->data_ = const_cast<std::byte*>(value.bytes.data()) + store_alignment;
  opened->count_ = header.count;
  opened->object_ = object;
  opened->pin_ = value.pin;
  return opened;
}

std::shared_ptr<array_storage> array_storage::open(const object_handle& object,
                                                   std::size_t element_bytes) {
  if (!object)
    return nullptr;
  const auto values = get_values({&object, 1}, no_deadline);
  if (values.front().bytes.size() == sizeof(object_id))
    malformed("an array refers to a reference");
  return open(object, values.front(), element_bytes);
}

const object_handle& array_storage::object() {
  const std::lock_guard guard{lock_};
  if (!object_ && room_) {
    object_ = current_runtime().seal(room_, {});
    room_.reset(); // pin_ keeps the memory in place.
  }
  return object_;
}

std::shared_ptr<reservation> array_storage::unsealed_room() {
  const std::lock_guard guard{lock_};
  return object_ ? nullptr : room_;
}

} // namespace ray::detail
