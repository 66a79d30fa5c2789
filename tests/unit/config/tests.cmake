# Where config/ lies.
target_compile_definitions(unit_config PRIVATE
  RAYD_SOURCE_FOLDER="${PROJECT_SOURCE_DIR}")
