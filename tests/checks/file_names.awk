# Input: paths, one per line. Complains about names of C++ and schema files.
function complain(what) { print $0 ":1: " what }

/\.(hpp|cpp|capnp)$/ {
  count = split($0, parts, "/")
  for (i = 1; i <= count; ++i) {
    name = parts[i]
    if (i == count)
      sub(/\.(hpp|cpp|capnp)$/, "", name)
    if (name !~ /^[a-z0-9_]+$/)
      complain("\"" parts[i] "\" is not snake_case")
    words = split(name, word, "_")
    for (w = 1; w <= words; ++w)
      if (word[w] ~ /^(utils?|commons?|helpers?|managers?|misc)$/)
        complain("\"" word[w] "\" says nothing: name the concept")
  }
}
/\.(h|hh|hxx|cc|cxx|c\+\+)$/ { complain("C++ files end in .hpp and .cpp") }
