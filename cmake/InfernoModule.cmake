# inferno_module(<name> [FOLDERS <folders...>] [LINK <targets...>]): the library of one
# folder of backend/, with its tests. Every *.cpp of the folder, and of those FOLDERS of
# it, belongs to it, except main.cpp; *_test.cpp makes <name>_test (fast: no model, no browser) and
# *_model_test.cpp makes <name>_model_test (label "model").
add_library(inferno_flags INTERFACE)
target_compile_options(inferno_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wno-missing-field-initializers)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 warns of overlapping copies inside std::string's operator+ (GCC bug 105651).
  target_compile_options(inferno_flags INTERFACE -Wno-restrict)
endif()
if(INFERNO_SANITIZE STREQUAL "address")
  target_compile_options(inferno_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  target_link_options(inferno_flags INTERFACE -fsanitize=address,undefined)
elseif(INFERNO_SANITIZE STREQUAL "thread")
  target_compile_options(inferno_flags INTERFACE -fsanitize=thread -fno-omit-frame-pointer)
  target_link_options(inferno_flags INTERFACE -fsanitize=thread)
elseif(INFERNO_SANITIZE STREQUAL "fuzz")
  # Every block tells the driver in tools/fuzz that it was reached.
  target_compile_options(inferno_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=undefined
    -fno-omit-frame-pointer -fsanitize-coverage=trace-pc)
  target_link_options(inferno_flags INTERFACE -fsanitize=address,undefined)
elseif(INFERNO_SANITIZE)
  message(FATAL_ERROR "INFERNO_SANITIZE is '${INFERNO_SANITIZE}'; it can be empty, address, thread or fuzz")
endif()

function(inferno_test name)
  cmake_parse_arguments(ARG "" "LABEL" "SOURCES;LINK" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE ${ARG_LINK} inferno_flags GTest::gmock_main)
  target_compile_definitions(${name} PRIVATE
    INFERNO_SOURCE_DIR="${CMAKE_SOURCE_DIR}" INFERNO_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}"
    INFERNO_LLAMA_BIN_DIR="${INFERNO_LLAMA_BIN_DIR}")
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES LABELS ${ARG_LABEL} TIMEOUT 900)
endfunction()

function(inferno_module name)
  cmake_parse_arguments(ARG "" "" "FOLDERS;LINK" ${ARGN})
  set(patterns *)
  foreach(folder ${ARG_FOLDERS})
    list(APPEND patterns ${folder}/*)
  endforeach()
  list(TRANSFORM patterns APPEND .cpp OUTPUT_VARIABLE any)
  list(TRANSFORM patterns APPEND _test.cpp OUTPUT_VARIABLE any_test)
  list(TRANSFORM patterns APPEND _model_test.cpp OUTPUT_VARIABLE any_model_test)
  file(GLOB sources CONFIGURE_DEPENDS ${any})
  file(GLOB tests CONFIGURE_DEPENDS ${any_test})
  file(GLOB model_tests CONFIGURE_DEPENDS ${any_model_test})
  list(FILTER sources EXCLUDE REGEX "(_test|/main)\\.cpp$")
  list(FILTER tests EXCLUDE REGEX "_model_test\\.cpp$")

  if(sources)
    add_library(inferno_${name} STATIC ${sources})
    set(scope PUBLIC)
    target_link_libraries(inferno_${name} PRIVATE inferno_flags)
  else()
    add_library(inferno_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(inferno_${name} ${scope} ${CMAKE_SOURCE_DIR}/backend)
  target_link_libraries(inferno_${name} ${scope} ${ARG_LINK})

  if(INFERNO_TESTS AND tests)
    inferno_test(${name}_test LABEL fast SOURCES ${tests} LINK inferno_${name})
  endif()
  if(INFERNO_TESTS AND model_tests)
    inferno_test(${name}_model_test LABEL model SOURCES ${model_tests} LINK inferno_${name})
  endif()
endfunction()
