#pragma once

#include <caf/atom.hpp>

namespace rayd {

// The first element of every message between two processes; the second is a
// std::string of bytes. See src/ARCHITECTURE.md for who sends which.

using lane_atom = caf::atom_constant<caf::atom("lane")>;
using credit_atom = caf::atom_constant<caf::atom("credit")>;
using control_atom = caf::atom_constant<caf::atom("control")>;
using attach_atom = caf::atom_constant<caf::atom("attach")>;
using welcome_atom = caf::atom_constant<caf::atom("welcome")>;
using peer_atom = caf::atom_constant<caf::atom("peer")>;
using query_atom = caf::atom_constant<caf::atom("query")>;

} // namespace rayd
