#pragma once

#include "wire/state_question.hpp"
#include "wire/records.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>

// Rows of the answers to queries, with the names of `rayd dump`.

namespace rayd {

using state_json = nlohmann::ordered_json;

state_json task_row(const task_record& task);
state_json object_row(const object_record& object);

/// A field of it as text, as filters compare it: "" for an empty one.
std::string task_field(const task_record& task, std::string_view field);
std::string object_field(const object_record& object, std::string_view field);
std::string row_field(const state_json& row, std::string_view field);

/// What people know a task by: its name, else that of its function.
const std::string& title_of(const task_record& task);

/// It came, and has neither started nor ended.
bool waits(const task_record& task);
bool runs(const task_record& task);

/// Bytes that are no UTF-8 become U+FFFD.
std::string text_of_json(const state_json& json);

} // namespace rayd
