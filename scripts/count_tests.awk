# Input: ctest's JUnit report. Counts the test cases of Catch2 programs by
# their own summaries, all other tests as one each, and what was skipped; a
# program that ended badly for another reason than a failed test case (it
# crashed, was too slow or could not run) is one failure more.
function end_of_test(    bad) {
  if (name == "")
    return
  bad = cases_failed
  if (status == "fail" || (status == "notrun" && !skipped))
    bad = cases_failed ? cases_failed : 1
  if (bad > 0)
    print "failed: " name
  failed += bad
  if (status == "notrun" && skipped) {
    ++all_skipped
  } else {
    passed += cases ? cases_passed - case_skips : status == "run"
    all_skipped += case_skips + cases_skipped
  }
  name = ""
}

# The number before *word* in a summary like "9 | 8 passed | 1 failed".
function number_of(word, text) {
  if (!match(text, "[0-9]+ " word))
    return 0
  return substr(text, RSTART, RLENGTH) + 0
}

/<testcase / {
  name = $0
  sub(/.*<testcase name="/, "", name)
  sub(/".*/, "", name)
  status = $0
  sub(/.* status="/, "", status)
  sub(/".*/, "", status)
  skipped = cases = cases_passed = cases_failed = cases_skipped = 0
  case_skips = 0
}
/<skipped message="SKIP_/ { skipped = 1 }
/All tests passed \([0-9]+ assertions? in [0-9]+ test cases?\)/ {
  cases = number_of("test case", $0)
  cases_passed = cases
}
/^(\t*<system-out>)?test cases: +[0-9]+ \|/ {
  cases = 1
  cases_passed = number_of("passed", $0)
  cases_failed = number_of("failed( *$| *[|<])", $0)
  cases_passed += number_of("failed as expected", $0)
  cases_skipped = number_of("skipped", $0)
}
# What tests/system prints for a case that cannot run here.
/^(\t*<system-out>)?skipped: / {
  ++case_skips
  sub(/.*<system-out>/, "")
  print
}
/^(\t*<system-out>)?No tests ran/ { cases = 1 }
/<\/testcase>/ { end_of_test() }

END {
  failed += build_failed
  summary = passed + 0 " passed, " failed + 0 " failed"
  if (all_skipped)
    summary = summary ", " all_skipped " skipped"
  print summary
  exit failed || !passed
}
