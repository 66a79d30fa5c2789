@0xa4c1c6d5b0a3f7e2;
# An error as a value; wire/failure_record.hpp says what the fields mean.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("rayd::schema");

struct Failure {
  code @0 :UInt8;
  # ray::errc.
  message @1 :Text;
  function @2 :Text;
  type @3 :Text;
  # Demangled exception type.
  base @4 :UInt8;
  # Nearest standard exception, as numbered in ray/detail.
  node @5 :Text;
  pid @6 :Int64;
  attempt @7 :Int32;
  chain @8 :List(Text);
  # Tasks that it passed through, the thrower first.
  number @9 :Int32;
  category @10 :Text;
  # Of the std::error_code, or what corresponds to it.
}
