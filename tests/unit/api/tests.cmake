# Programs that must not compile, and the sentences that say why.
add_test(NAME unit_api_refusals
  COMMAND ${PROJECT_SOURCE_DIR}/tests/unit/api/refusals/check.sh
    ${CMAKE_CXX_COMPILER} ${PROJECT_SOURCE_DIR}/include)
set_tests_properties(unit_api_refusals PROPERTIES LABELS unit)
