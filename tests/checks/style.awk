# Line by line and file by file: sizes, #pragma once, things that are banned.
# Bytes are counted (LC_ALL=C), so continuation bytes of UTF-8 are removed.
function complain(line, what) { print FILENAME ":" line ": " what }

function end_of_file(    most) {
  if (file == "")
    return
  most = file ~ /\.hpp$/ ? 250 : file ~ /\.cpp$/ ? 400 : 0
  if (most && lines > most)
    print file ":" lines ": longer than " most " lines: split it by concept"
  if (file ~ /\.hpp$/ && !once)
    print file ":1: no #pragma once"
}

FNR == 1 {
  end_of_file()
  file = FILENAME
  once = 0
  is_cpp = file ~ /\.(hpp|cpp)$/
  is_prose = file ~ /\.(md|json|html|txt)$/
}
{ lines = FNR }

# The example programs are printed in documents as they stand.
!is_prose && file !~ /^apps\/examples\// {
  text = $0
  gsub(/[\200-\277]/, "", text)
  # An address cannot be broken.
  if (length(text) > 80 && text !~ /https?:\/\//)
    complain(FNR, "longer than 80 columns (" length(text) ")")
}
/[ \t]$/ && !is_prose { complain(FNR, "space at the end of the line") }
/\r$/ { complain(FNR, "carriage return") }
/\t/ && is_cpp { complain(FNR, "tab") }
{
  # "/home/u/" is how documents name any user's folder.
  text = $0
  gsub(/\/home\/u\//, "", text)
}
text ~ /(^|[^A-Za-z0-9_.~}\)$])\/(home|work|root)\// {
  complain(FNR, "a path that exists on one machine only")
}

!is_cpp { next }

/^#pragma once/ { once = 1 }
/^[ \t]*#[ \t]*include.*caf\/all\.hpp/ {
  complain(FNR, "caf/all.hpp costs 5 s to compile: include what is used")
}
{
  code = $0
  sub(/\/\/.*/, "", code)
}
/TODO|FIXME/ && !/#[0-9]/ { complain(FNR, "open work without an issue: #N") }
code ~ /caf::infinite/ {
  complain(FNR, "caf::infinite: every request has a finite timeout")
}
FILENAME ~ /(^|\/)tests\/unit\// \
  && code ~ /(^|[^A-Za-z0-9_])(sleep_for|sleep_until|u?sleep|nanosleep)[ ]*\(/ {
  complain(FNR, "unit tests do not sleep: move the clock by hand")
}

END { end_of_file() }
