#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "gguf.h"

namespace inferno::make_model {

struct GgufDeleter {
  void operator()(gguf_context* context) const { gguf_free(context); }
};
using GgufPtr = std::unique_ptr<gguf_context, GgufDeleter>;

// Both put a tokenizer into `target`'s metadata and give the number of its tokens.

// A SentencePiece-like vocabulary that needs no other file: <unk>, <s>, </s>, the
// 256 bytes, printable ASCII and some English words; unused tokens up to `n_tokens`
// if that is more.
Result<std::int64_t> add_byte_vocabulary(gguf_context* target, std::int64_t n_tokens);

// The tokenizer of another GGUF file, as it is.
Result<std::int64_t> copy_vocabulary(gguf_context* target, const std::string& path);

}  // namespace inferno::make_model
