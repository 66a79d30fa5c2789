# One static library per folder of src/. Rooms marked LIBRARY are put together
# into librayd; the others, with librayd, are the rayd binary. A room's archive
# does not link other rooms: whoever makes a program decides which it takes.
set(RAYD_LIBRARY_ROOMS "" CACHE INTERNAL "")
set(RAYD_BINARY_ROOMS "" CACHE INTERNAL "")

add_library(rayd_settings INTERFACE)
target_include_directories(rayd_settings INTERFACE
  ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include
  ${PROJECT_BINARY_DIR}/generated)
target_compile_options(rayd_settings INTERFACE
  -Wall -Wextra -Wshadow -Wconversion
  # At -O1 g++ 12 sees uninitialised variants in correct code, at -O2 it does
  # not.
  $<$<AND:$<CONFIG:Debug>,$<CXX_COMPILER_ID:GNU>>:-Wno-maybe-uninitialized>)
target_compile_definitions(rayd_settings INTERFACE
  SPDLOG_FMT_EXTERNAL RAYD_VERSION="${PROJECT_VERSION}")
target_link_libraries(rayd_settings INTERFACE
  CAF::core CAF::io Boost::headers fmt::fmt spdlog::spdlog OpenSSL::SSL
  OpenSSL::Crypto CapnProto::capnp nlohmann_json::nlohmann_json
  ${HIREDIS_LIBRARY} ${XXHASH_LIBRARY} Threads::Threads)

# Cap'n Proto schemas of src/wire/schema, generated before anything compiles.
file(GLOB schemas CONFIGURE_DEPENDS
  ${PROJECT_SOURCE_DIR}/src/wire/schema/*.capnp)
set(generated_sources "")
file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/generated)
foreach(schema IN LISTS schemas)
  get_filename_component(stem ${schema} NAME)
  set(out ${PROJECT_BINARY_DIR}/generated/wire/schema/${stem})
  add_custom_command(
    OUTPUT ${out}.c++ ${out}.h
    COMMAND ${CAPNP_TOOL} compile
      -o${CAPNP_CPP_TOOL}:${PROJECT_BINARY_DIR}/generated
      --src-prefix=${PROJECT_SOURCE_DIR}/src ${schema}
    DEPENDS ${schema} VERBATIM)
  list(APPEND generated_sources ${out}.c++)
endforeach()
add_library(wire_schema STATIC ${generated_sources})
target_link_libraries(wire_schema PUBLIC CapnProto::capnp)
target_include_directories(wire_schema SYSTEM PUBLIC
  ${PROJECT_BINARY_DIR}/generated)

# The library of the room *name*; nothing while src/<name> has no source.
function(rayd_room name)
  cmake_parse_arguments(arg "LIBRARY" "" "" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/${name}/*.cpp)
  if(NOT sources)
    return()
  endif()
  add_library(room_${name} STATIC ${sources})
  target_link_libraries(room_${name} PUBLIC rayd_settings)
  add_dependencies(room_${name} wire_schema)
  if(arg_LIBRARY)
    set(RAYD_LIBRARY_ROOMS ${RAYD_LIBRARY_ROOMS} room_${name} CACHE INTERNAL "")
  else()
    set(RAYD_BINARY_ROOMS ${RAYD_BINARY_ROOMS} room_${name} CACHE INTERNAL "")
  endif()
endfunction()

# librayd and rayd_main, the archive that gives programs their worker role.
function(rayd_library)
  # All code comes from the rooms' archives; CMake asks for one source.
  set(source ${PROJECT_BINARY_DIR}/generated/librayd.cpp)
  file(CONFIGURE OUTPUT ${source}
    CONTENT "extern const char rayd_library_version[];\n\
const char rayd_library_version[] = \"rayd @PROJECT_VERSION@\";\n" @ONLY)
  add_library(ray SHARED ${source})
  set_target_properties(ray PROPERTIES OUTPUT_NAME rayd
    VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
  target_link_libraries(ray PRIVATE
    -Wl,--whole-archive ${RAYD_LIBRARY_ROOMS} wire_schema
    -Wl,--no-whole-archive rayd_settings)
  target_include_directories(ray INTERFACE
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(ray PUBLIC CAF::core CAF::io fmt::fmt Threads::Threads)
  file(GLOB wrap_main CONFIGURE_DEPENDS
    ${PROJECT_SOURCE_DIR}/src/worker/main/*.cpp)
  if(wrap_main)
    add_library(rayd_main STATIC ${wrap_main})
    target_include_directories(rayd_main PRIVATE ${PROJECT_SOURCE_DIR}/include)
    target_compile_options(rayd_main PRIVATE
      -Wall -Wextra -Wshadow -Wconversion)
    target_link_libraries(ray INTERFACE rayd_main)
    target_link_options(ray INTERFACE -Wl,--wrap=main)
  endif()
  target_compile_features(ray INTERFACE cxx_std_20)
  add_library(rayd::ray ALIAS ray)
endfunction()

# The rayd command; nothing while apps/rayd has no main.cpp.
function(rayd_binary)
  file(GLOB sources CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/apps/rayd/*.cpp)
  if(NOT sources)
    return()
  endif()
  add_executable(rayd ${sources})
  target_link_libraries(rayd PRIVATE
    -Wl,--start-group ${RAYD_BINARY_ROOMS} -Wl,--end-group ray rayd_settings)
  # Man pages and completions are made of rayd's own tables: they are as new
  # as the program.
  add_custom_command(TARGET rayd POST_BUILD
    COMMAND rayd write-share ${PROJECT_BINARY_DIR}/share VERBATIM)
endfunction()

# A Catch2 program made of one folder's tests and the rooms that it needs.
# Rooms that have no source yet are left out.
function(rayd_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;ROOMS;LABELS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  set(rooms "")
  foreach(room IN LISTS arg_ROOMS)
    if(TARGET room_${room})
      list(APPEND rooms room_${room})
    else()
      message(STATUS "${name}: room ${room} has no source yet, not linked")
    endif()
  endforeach()
  target_link_libraries(${name} PRIVATE
    -Wl,--start-group ${rooms} wire_schema -Wl,--end-group
    rayd_settings rayd_catch)
  add_test(NAME ${name} COMMAND ${name})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  set_tests_properties(${name} PROPERTIES
    LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT})
endfunction()
