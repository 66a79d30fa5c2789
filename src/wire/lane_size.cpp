#include "wire/lane_codec.hpp"

namespace rayd {

namespace {

std::size_t size_of(const object_value& value) {
  return 48 + value.bytes.size() + 16 * value.nested.size();
}

std::size_t size_of(const task_wishes* wishes) {
  if (wishes == nullptr)
    return 0;
  std::size_t size = 120 + wishes->place.size();
  for (const auto* texts : {&wishes->labels, &wishes->env})
    for (const auto& [key, value] : *texts)
      size += 40 + key.size() + value.size();
  return size;
}

std::size_t size_of(const task_spec& spec) {
  return 176 + size_of(spec.wishes.get()) + spec.function_name.size()
         + spec.name.size() + spec.arguments.size()
         + spec.snapshot.size() + spec.interface.size()
         + 16 * (spec.dependencies.size() + spec.nested.size())
         + 32 * static_cast<std::size_t>(
             std::distance(spec.demand.begin(), spec.demand.end()));
}

struct sizer {
  std::size_t operator()(const submit_task& x) const {
    return size_of(x.spec);
  }
  std::size_t operator()(const run_task& x) const {
    std::size_t size = size_of(x.spec);
    for (const auto& value : x.values)
      size += size_of(value);
    return size;
  }
  std::size_t operator()(const assign_task& x) const {
    std::size_t size = size_of(x.spec);
    for (const auto& hint : x.hints)
      size += size_of(hint.value) + 40 + 4 * hint.nodes.size();
    return size;
  }
  std::size_t operator()(const task_result& x) const {
    return 64 + size_of(x.value);
  }
  std::size_t operator()(const task_done& x) const {
    return 72 + size_of(x.value);
  }
  std::size_t operator()(const object_ready& x) const {
    return 32 + size_of(x.value);
  }
  std::size_t operator()(const object_located& x) const {
    return 40 + size_of(x.hint.value) + 4 * x.hint.nodes.size();
  }
  std::size_t operator()(const mirror_block& x) const {
    return 32 + x.tasks.size() + x.objects.size();
  }
  std::size_t operator()(const query_answer& x) const {
    return 32 + x.text.size() + x.failure.size();
  }

  std::size_t operator()(const worker_lines& x) const {
    return 96 + x.name.size() + x.host.size() + x.file.size() + x.text.size();
  }

  std::size_t operator()(const waits_told& x) const {
    std::size_t size = 32;
    for (const auto& wait : x.waits)
      size += 64 + 16 * wait.ids.size();
    return size;
  }

  std::size_t operator()(const make_group& x) const {
    std::size_t size = 96 + x.name.size();
    for (const auto& bundle : x.bundles)
      for (const auto& [name, units] : bundle)
        size += 40 + name.size();
    return size + 16 * x.bundles.size();
  }

  template <class Record>
  std::size_t operator()(const Record& x) const {
    if constexpr (requires { x.ids; })
      return 32 + 16 * x.ids.size();
    else if constexpr (requires { x.tasks; })
      return 32 + 16 * x.tasks.size();
    else if constexpr (requires { x.failure; })
      return 64 + x.failure.size();
    else if constexpr (requires { x.nested; })
      return 64 + 16 * x.nested.size();
    else if constexpr (requires { x.reason; })
      return 40 + x.reason.size();
    else if constexpr (requires { x.number; x.bytes; })
      return 64 + x.bytes.size();
    else if constexpr (requires { x.text; })
      return 32 + x.text.size();
    else
      return 48;
  }
};

} // namespace

std::size_t encoded_size(const lane_record& record) {
  return 16 + std::visit(sizer{}, record);
}

} // namespace rayd
