#pragma once

#include <string>

#include "engine/hyperparameters.h"
#include "engine/model_files.h"
#include "engine/model_info.h"

struct llama_model;

namespace inferno::engine {

// What is known from the files alone: names, sizes, metadata, hyperparameters.
ModelInfo describe_files(const ModelFiles& files, const Hyperparameters& parameters, bool with_tensors);

// Adds what libllama knows: tokenizer, chat template, capabilities. `model` may be
// loaded with its vocabulary only.
void describe_model(ModelInfo& info, const llama_model* model, const ModelFiles& files,
                    const Hyperparameters& parameters);

// Adds the file's prompts to try, and what a person should know before using the
// model: no chat template, no end-of-text token, a context other than the trained
// one … Call it last.
void add_warnings(ModelInfo& info, const ModelFiles& files, const Hyperparameters& parameters);

}  // namespace inferno::engine
