# Input: C++ files. ENVIRON["LAYERS"]: rooms by layer, lowest first.
BEGIN {
  count = split(ENVIRON["LAYERS"], line, "\n")
  for (i = 1; i <= count; ++i) {
    rooms = split(line[i], name, " ")
    for (r = 1; r <= rooms; ++r)
      layer[name[r]] = i
  }
}

function complain(what) { print FILENAME ":" FNR ": " what }

# May this file include *path* of src/? *room* is the path's first folder.
function check(path, room) {
  if (path ~ /(^|\/)\.\.?\//) {
    complain("\"" path "\": paths start at src/ or include/")
  } else if (path !~ /\//) {
    if (quoted && part == "src")
      complain("\"" path "\": name the room too, \"" own "/" path "\"")
  } else if (room == "src" || room == "tests" || room == "apps") {
    complain("\"" path "\" is not below src/ or include/")
  } else if (!(room in layer)) {
    if (quoted && part == "src" && room != "ray")
      complain("\"" room "\" is no room: see tests/checks/architecture.sh")
  } else if (part == "include") {
    complain("include/ never includes src/ (" path ")")
  } else if (part == "apps/examples") {
    complain("programs include <ray/...> only (" path ")")
  } else if (part == "apps/rayd") {
    if (room != "cli")
      complain("apps/rayd includes cli only (" path ")")
  } else if (room != own) {
    if (layer[room] == layer[own])
      complain(own " and " room " stand in one layer and never include " \
        "each other (" path ")")
    else if (layer[room] > layer[own])
      complain(own " stands below " room " and may not include " path)
  }
}

FNR == 1 {
  split(FILENAME, folder, "/")
  part = folder[1] == "apps" ? folder[1] "/" folder[2] : folder[1]
  own = part == "src" ? folder[2] : ""
  if (part == "src" && !(own in layer))
    complain("src/" own " is in no layer: see tests/checks/architecture.sh")
}

/^[ \t]*#[ \t]*include[ \t]*["<]/ {
  path = $0
  sub(/^[ \t]*#[ \t]*include[ \t]*/, "", path)
  quoted = substr(path, 1, 1) == "\""
  path = substr(path, 2)
  sub(/[">].*/, "", path)
  room = path
  sub(/\/.*/, "", room)
  if (part != "src" || own in layer)
    check(path, room)
}
