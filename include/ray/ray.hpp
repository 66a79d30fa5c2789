#pragma once

// Ray's programming model for C++20 programs.
//
//   int square(int x) { return x * x; }
//   auto session = ray::init(argc, argv);
//   auto ref = ray::remote<square>(7);     // a task, somewhere
//   int value = ray::get(ref);
//
// A program submits functions as tasks and objects as actors, and holds refs
// on their results. Values that cross processes are copied by their bytes:
// numbers, strings, containers of the standard library, and any type with
// CAF's inspect. Using a function registers it; the worker processes execute
// this program's own file, so the same functions are there. Whatever fails is
// thrown by get(), as a std::exception and a ray::error.
//
// CAF behaviours as actors: <ray/caf.hpp>. This header includes none of CAF
// but the tiny meta headers that inspect functions use.

#include <ray/actor.hpp>
#include <ray/array.hpp>
#include <ray/as_completed.hpp>
#include <ray/cancel.hpp>
#include <ray/errors.hpp>
#include <ray/get.hpp>
#include <ray/metrics.hpp>
#include <ray/object_ref.hpp>
#include <ray/options.hpp>
#include <ray/placement_group.hpp>
#include <ray/session.hpp>
#include <ray/task.hpp>
#include <ray/unpack.hpp>
