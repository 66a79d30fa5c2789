# What `cmake --install` puts in place: bin/rayd with its man pages and
# completions, librayd, the headers and the package that find_package(rayd)
# reads. Everything is found relative to where
# it lies, so the prefix may be moved.
include(CMakePackageConfigHelpers)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/rayd)

set_target_properties(ray PROPERTIES INSTALL_RPATH "$ORIGIN")
install(TARGETS ray EXPORT rayd-targets)
if(TARGET rayd_main)
  install(TARGETS rayd_main EXPORT rayd-targets)
endif()
if(TARGET rayd)
  file(RELATIVE_PATH to_library /${CMAKE_INSTALL_BINDIR}
    /${CMAKE_INSTALL_LIBDIR})
  set_target_properties(rayd PROPERTIES INSTALL_RPATH "$ORIGIN/${to_library}")
  install(TARGETS rayd)
  # What rayd writes when it is built: man pages and completions.
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/share)
  install(DIRECTORY ${PROJECT_BINARY_DIR}/share/
    DESTINATION ${CMAKE_INSTALL_DATADIR})
endif()

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/ray
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
install(DIRECTORY ${PROJECT_SOURCE_DIR}/config/
  DESTINATION ${CMAKE_INSTALL_DATADIR}/rayd FILES_MATCHING PATTERN "*.conf")
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE
  DESTINATION ${CMAKE_INSTALL_DOCDIR})

install(EXPORT rayd-targets NAMESPACE rayd:: DESTINATION ${package_folder})
configure_package_config_file(
  ${PROJECT_SOURCE_DIR}/cmake/rayd-config.cmake.in
  ${PROJECT_BINARY_DIR}/generated/rayd-config.cmake
  INSTALL_DESTINATION ${package_folder}
  NO_SET_AND_CHECK_MACRO NO_CHECK_REQUIRED_COMPONENTS_MACRO)
# Below 1.0 each minor version may change the interface.
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/generated/rayd-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/generated/rayd-config.cmake
  ${PROJECT_BINARY_DIR}/generated/rayd-config-version.cmake
  ${PROJECT_SOURCE_DIR}/cmake/FindCAF.cmake
  DESTINATION ${package_folder})
