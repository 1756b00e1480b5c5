# Finds llama.cpp and defines
#   inferno::llama           libllama with ggml and every backend it was built with
#   inferno::llama_common    llama.cpp's `common` (chat templates, JSON schema to grammar), where it exists
#   INFERNO_HAVE_LLAMA_COMMON   ON if the above exists
#   INFERNO_LLAMA_BIN_DIR       folder of llama.cpp's own programs (llama-simple, rpc-server); may be empty
#
# INFERNO_LLAMA_PREFIX says where to look: empty for the pinned build in the cache (tools/llama/build makes
# it), `system` for whatever find_package(llama) finds, or the prefix of an installed llama.cpp.
find_package(Threads REQUIRED)
set(INFERNO_LLAMA_PREFIX "" CACHE STRING "Installed llama.cpp to link: empty (the pinned build), 'system', or a prefix")

# Sets `result` to a prefix or to "system"; stops with words when nothing is there.
function(inferno_resolve_llama_prefix result)
  if(INFERNO_LLAMA_PREFIX)
    set(${result} "${INFERNO_LLAMA_PREFIX}" PARENT_SCOPE)
    return()
  endif()
  set(script ${CMAKE_SOURCE_DIR}/tools/llama/build)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
    ${script} ${CMAKE_SOURCE_DIR}/tools/llama/package-lock.json)
  execute_process(COMMAND ${script} --print-prefix
    OUTPUT_VARIABLE prefix ERROR_VARIABLE problem RESULT_VARIABLE status OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "No llama.cpp to link against.\n${problem}"
      "Run tools/setup (it builds the pinned one once), or pass -DINFERNO_LLAMA_PREFIX=<prefix or 'system'>.")
  endif()
  set(${result} "${prefix}" PARENT_SCOPE)
endfunction()

inferno_resolve_llama_prefix(prefix)

# CMake remembers where it found a package; forget that when the prefix is another one.
if(NOT "${prefix}" STREQUAL "${INFERNO_LLAMA_FOUND_IN}")
  foreach(remembered llama_DIR llama_LIBRARY ggml_DIR INFERNO_LLAMA_COMMON_LIBRARY)
    unset(${remembered} CACHE)
  endforeach()
  set(INFERNO_LLAMA_FOUND_IN "${prefix}" CACHE INTERNAL "The prefix of the last configuration")
endif()

if(prefix STREQUAL "system")
  find_package(llama REQUIRED)
else()
  # ggml's package lies beside llama's, and llama's looks for it without being told.
  list(PREPEND CMAKE_PREFIX_PATH "${prefix}")
  find_package(llama REQUIRED PATHS "${prefix}" NO_DEFAULT_PATH)
endif()

# ggml's package leaves out what its static CUDA backend needs at link time.
if(TARGET ggml::ggml-cuda AND NOT GGML_SHARED_LIB AND NOT GGML_STATIC)
  find_package(CUDAToolkit REQUIRED)
  set_property(TARGET ggml::ggml-cuda APPEND PROPERTY INTERFACE_LINK_LIBRARIES
    CUDA::cudart CUDA::cublas CUDA::cublasLt)
  if(NOT GGML_CUDA_NO_VMM)
    set_property(TARGET ggml::ggml-cuda APPEND PROPERTY INTERFACE_LINK_LIBRARIES CUDA::cuda_driver)
  endif()
endif()

add_library(inferno::llama ALIAS llama)

find_library(INFERNO_LLAMA_COMMON_LIBRARY llama-common HINTS "${LLAMA_LIB_DIR}" NO_DEFAULT_PATH)
set(INFERNO_HAVE_LLAMA_COMMON OFF)
set(common_headers "${LLAMA_INCLUDE_DIR}/llama-common")
if(INFERNO_LLAMA_COMMON_LIBRARY AND EXISTS "${common_headers}/chat.h")
  get_filename_component(folder "${INFERNO_LLAMA_COMMON_LIBRARY}" DIRECTORY)
  add_library(inferno::llama_common INTERFACE IMPORTED)
  # The order is the linker's: a static library comes before those that it uses.
  set_target_properties(inferno::llama_common PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${common_headers}"
    INTERFACE_COMPILE_DEFINITIONS LLAMA_SUBPROCESS
    INTERFACE_LINK_LIBRARIES
      "${INFERNO_LLAMA_COMMON_LIBRARY};${folder}/libllama-common-base.a;${folder}/libcpp-httplib.a;llama;Threads::Threads")
  set(INFERNO_HAVE_LLAMA_COMMON ON)
endif()

set(INFERNO_LLAMA_BIN_DIR "")
if(EXISTS "${LLAMA_BIN_DIR}")
  set(INFERNO_LLAMA_BIN_DIR "${LLAMA_BIN_DIR}")
endif()

message(STATUS "llama.cpp ${LLAMA_VERSION} in ${prefix}, common: ${INFERNO_HAVE_LLAMA_COMMON}")
