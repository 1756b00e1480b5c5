#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "base/result.h"
#include "store/store.h"

namespace inferno::store {

// Takes the next piece of a text; an error ends the export.
using TextSink = std::function<Result<void>(std::string_view)>;

// Every message of a run, one a line, in the protocol's JSON form. In pieces: memory
// does not grow with the run.
Result<void> export_json_lines(Store& store, std::uint32_t run, const TextSink& sink);

// One line a step (RFC 4180): what is absent is empty. `header` for the first run.
Result<void> export_csv(Store& store, std::uint32_t run, bool header, const TextSink& sink);

}  // namespace inferno::store
