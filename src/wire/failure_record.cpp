#include "wire/failure_record.hpp"
#include "wire/schema_types.hpp"

#include "wire/schema/failure.capnp.h"

#include <capnp/message.h>
#include <capnp/serialize.h>
#include <kj/exception.h>

#include <cstring>

namespace rayd {

std::string encode_failure(const failure_record& record) {
  capnp::MallocMessageBuilder message;
  auto to = message.initRoot<schema::Failure>();
  to.setCode(static_cast<std::uint8_t>(record.code));
  to.setMessage(record.message);
  to.setFunction(record.function);
  to.setType(record.type);
  to.setBase(record.base);
  to.setNumber(record.number);
  to.setCategory(record.category);
  to.setNode(record.node);
  to.setPid(record.pid);
  to.setAttempt(record.attempt);
  auto chain = to.initChain(list_size(record.chain));
  for (unsigned i = 0; i < chain.size(); ++i)
    chain.set(i, record.chain[i]);
  return to_bytes(message);
}

std::string encode_failure(ray::errc code, std::string message) {
  failure_record record;
  record.code = code;
  record.message = std::move(message);
  return encode_failure(record);
}

failure_record decode_failure(std::string_view bytes) {
  failure_record record;
  record.message = "an error arrived that cannot be read";
  auto words = kj::heapArray<capnp::word>(bytes.size() / sizeof(capnp::word));
  std::memcpy(words.begin(), bytes.data(), words.size() * sizeof(capnp::word));
  try {
    capnp::FlatArrayMessageReader reader{words};
    const auto from = reader.getRoot<schema::Failure>();
    failure_record read;
    if (from.getCode() == 0
        || from.getCode() > static_cast<std::uint8_t>(ray::errc::name_taken))
      return record;
    read.code = static_cast<ray::errc>(from.getCode());
    read.message = from.getMessage();
    read.function = from.getFunction();
    read.type = from.getType();
    read.base = from.getBase();
    read.number = from.getNumber();
    read.category = from.getCategory();
    read.node = from.getNode();
    read.pid = from.getPid();
    read.attempt = from.getAttempt();
    for (auto link : from.getChain())
      read.chain.emplace_back(link.cStr());
    return read;
  } catch (const kj::Exception&) {
    return record;
  }
}

} // namespace rayd
