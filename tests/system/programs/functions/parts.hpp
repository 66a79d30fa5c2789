#pragma once

#include <ray/ray.hpp>

#include <string>

// twin_a.cpp, twin_b.cpp: each has a function `twin` of its own.
ray::object_ref<std::string> call_twin_a(int x);
ray::object_ref<std::string> call_twin_b(int x);

// static_part.cpp, shared_part.cpp: libraries that the program links.
int in_static(int x);
ray::object_ref<int> call_static(int x);
int in_shared(int x);
ray::object_ref<int> call_shared(int x);
