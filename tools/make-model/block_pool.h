#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "random_values.h"
#include "tensor_plan.h"

namespace inferno::make_model {

// Rows of weights, every value drawn anew; `n_per_row` is a whole number of blocks.
std::vector<std::byte> draw_rows(ggml_type type, Fill fill, std::int64_t n_rows, std::int64_t n_per_row,
                                 RandomValues& random);

// Makes rows of weights faster than a disk takes them: some two million values are
// drawn and quantised once, and every row is a random choice of their blocks. Rows of
// several blocks differ from one another, and the values are distributed as asked for;
// for rows of few blocks use draw_rows, or some would be twins.
// Owned by one tensor's writing; not shared between threads.
class BlockPool {
 public:
  BlockPool(ggml_type type, Fill fill, RandomValues& random);

  // Fills one or more rows; the size is a whole number of blocks.
  void fill(std::span<std::byte> rows);

 private:
  RandomValues& random_;
  std::size_t block_bytes_;
  std::size_t n_blocks_;
  std::vector<std::byte> blocks_;
};

}  // namespace inferno::make_model
