#pragma once

#include <cstddef>
#include <vector>

namespace inferno::cli {

// A piece of a long text that fits the context, and which part of it counts.
struct ScoreWindow {
  std::size_t begin = 0;         // first token of the text in the window
  std::size_t end = 0;           // one past the last
  std::size_t first_scored = 0;  // tokens before it only give context: an earlier window scored them
};

// Cuts a text of n_tokens into windows of at most `size` tokens, each beginning
// `stride` after the one before. Every token is scored once. 0 < stride <= size.
std::vector<ScoreWindow> score_windows(std::size_t n_tokens, std::size_t size, std::size_t stride);

}  // namespace inferno::cli
