# Functions of more than `most` lines (-v most=70), found by counting braces: a
# function is a brace that follows a closing parenthesis outside any other
# function; lambdas count to the function around them.
function begin_file() {
  depth = 0
  function_depth = 0
  comment = 0
  raw_end = ""
  head = ""
}

# The code of a line: comments left out, literals empty. What a line leaves
# open (a comment, a raw string) is remembered for the next one.
function code_of(line,    out, at, start) {
  out = ""
  while (line != "") {
    if (comment || raw_end != "") {
      at = index(line, comment ? "*/" : raw_end)
      if (!at)
        return out
      line = substr(line, at + (comment ? 2 : length(raw_end)))
      comment = 0
      raw_end = ""
    } else if (!match(line, /\/\/|\/\*|R"[^ ()]*\(|"|'/)) {
      return out line
    } else {
      start = substr(line, RSTART, RLENGTH)
      out = out substr(line, 1, RSTART - 1)
      line = substr(line, RSTART + RLENGTH)
      if (start == "//")
        return out
      if (start == "/*")
        comment = 1
      else if (start ~ /^R/)
        raw_end = ")" substr(start, 3, length(start) - 3) "\""
      else if (start == "'" && out ~ /[0-9a-fA-F]$/ && line ~ /^[0-9a-fA-F]/)
        continue # the separator in 1'000
      else if (match(line, start == "'" ? "^(\\\\.|[^'\\\\])*'" \
                                        : "^(\\\\.|[^\"\\\\])*\""))
        line = substr(line, RLENGTH + 1)
      else
        return out
    }
  }
  return out
}

# In `thing(int a) : first_{a}, second_{a} {` only the last brace is a body.
function initialises_member(text) {
  return text ~ /\)[^;]*[^:]:[^:].*[A-Za-z0-9_>]$/
}

function opens_function(text) {
  if (text ~ /(^|[^A-Za-z0-9_])(namespace|enum|union)([^A-Za-z0-9_]|$)/)
    return 0
  if (text ~ /(^|[^A-Za-z0-9_])(class|struct)[ \t]+[A-Za-z0-9_:]+[^()]*$/)
    return 0
  return text ~ /\)/
}

function open_brace() {
  ++depth
  kept[depth] = ""
  if (!function_depth) {
    if (initialises_member(head)) {
      kept[depth] = head ")"
    } else if (opens_function(head)) {
      function_depth = depth
      first = FNR
    }
  }
  head = ""
}

function close_brace() {
  if (function_depth == depth) {
    if (FNR - first + 1 > most)
      print FILENAME ":" first ": function of " (FNR - first + 1) \
        " lines, at most " most ": split it"
    function_depth = 0
  }
  head = kept[depth]
  --depth
}

FNR == 1 { begin_file() }
/^[ \t]*#/ { next }
{
  count = split(code_of($0), mark, "")
  for (i = 1; i <= count; ++i) {
    if (mark[i] == "{")
      open_brace()
    else if (mark[i] == "}")
      close_brace()
    else if (mark[i] == ";")
      head = ""
    else if (mark[i] != " " || head !~ / $/)
      head = head mark[i]
  }
  if (head !~ / $/)
    head = head " "
}
