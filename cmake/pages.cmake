# The dashboard's pages become part of rayd: each file of src/dashboard/pages,
# and dygraphs for charts, compressed with gzip (and as they are, for reports)
# and put into an object file by the assembler. No tool but gzip, and nothing is
# fetched.
find_program(GZIP_TOOL gzip REQUIRED)
find_path(DYGRAPHS_FOLDER dygraph.min.js
  PATHS /usr/share/javascript/dygraphs REQUIRED NO_DEFAULT_PATH)

file(GLOB pages CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/dashboard/pages/*)
set(page_symbols "")
set(page_rows "")
set(page_archives "")
set(page_number 0)
foreach(file IN LISTS pages ITEMS
    ${DYGRAPHS_FOLDER}/dygraph.min.js ${DYGRAPHS_FOLDER}/dygraph.min.css)
  get_filename_component(name ${file} NAME)
  get_filename_component(extension ${file} LAST_EXT)
  if(extension STREQUAL .js)
    set(type "text/javascript; charset=utf-8")
  elseif(extension STREQUAL .css)
    set(type "text/css; charset=utf-8")
  elseif(extension STREQUAL .html)
    set(type "text/html; charset=utf-8")
  elseif(extension STREQUAL .svg)
    set(type "image/svg+xml")
  else()
    message(FATAL_ERROR "${file}: pages are js, css, html and svg")
  endif()
  set(archive ${PROJECT_BINARY_DIR}/generated/pages/${name}.gz)
  add_custom_command(OUTPUT ${archive}
    COMMAND sh -c "\"$1\" -9nc \"$2\" >\"$3\"" gzip
      ${GZIP_TOOL} ${file} ${archive}
    DEPENDS ${file} VERBATIM)
  list(APPEND page_archives ${archive})
  set(symbol rayd_page_${page_number})
  string(APPEND page_symbols
    "asm(\".section .rodata\\n\"\n"
    "    \".hidden ${symbol}\\n.global ${symbol}\\n${symbol}:\\n\"\n"
    "    \".incbin \\\"${archive}\\\"\\n\"\n"
    "    \".hidden ${symbol}_end\\n.global ${symbol}_end\\n\"\n"
    "    \"${symbol}_end:\\n\"\n"
    "    \".incbin \\\"${file}\\\"\\n\"\n"
    "    \".hidden ${symbol}_last\\n.global ${symbol}_last\\n\"\n"
    "    \"${symbol}_last:\\n\"\n"
    "    \".previous\\n\");\n"
    "extern \"C\" const char ${symbol}[], ${symbol}_end[], ${symbol}_last[];\n")
  string(APPEND page_rows
    "    {\"/${name}\", \"${type}\", {${symbol}, ${symbol}_end},\n"
    "     {${symbol}_end, ${symbol}_last}},\n")
  math(EXPR page_number "${page_number} + 1")
endforeach()

file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/generated/pages)
set(pages_source ${PROJECT_BINARY_DIR}/generated/pages/assets.cpp)
file(CONFIGURE OUTPUT ${pages_source} CONTENT
"#include \"dashboard/assets.hpp\"

@page_symbols@
namespace rayd {

std::span<const asset> all_assets() {
  static const asset all[] = {
@page_rows@  };
  return all;
}

} // namespace rayd
" @ONLY)
set_source_files_properties(${pages_source} PROPERTIES
  OBJECT_DEPENDS "${page_archives}")
target_sources(room_dashboard PRIVATE ${pages_source})
