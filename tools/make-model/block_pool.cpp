#include "block_pool.h"

#include <cstring>

#include "base/check.h"

namespace inferno::make_model {
namespace {

constexpr std::int64_t kPoolValues = std::int64_t{1} << 21;
constexpr std::int64_t kPoolRow = 4096;  // a whole number of blocks of every type

}  // namespace

std::vector<std::byte> draw_rows(ggml_type type, Fill fill, std::int64_t n_rows, std::int64_t n_per_row,
                                 RandomValues& random) {
  std::vector<float> values(static_cast<std::size_t>(n_rows * n_per_row));
  random.fill_normal(values, fill.deviation);
  for (float& value : values) value += fill.mean;
  std::vector<std::byte> rows(static_cast<std::size_t>(n_rows) * ggml_row_size(type, n_per_row));
  const std::size_t written = ggml_quantize_chunk(type, values.data(), rows.data(), 0, n_rows, n_per_row, nullptr);
  INFERNO_CHECK(written == rows.size());
  return rows;
}

BlockPool::BlockPool(ggml_type type, Fill fill, RandomValues& random)
    : random_(random),
      block_bytes_(ggml_type_size(type)),
      n_blocks_(static_cast<std::size_t>(kPoolValues / ggml_blck_size(type))),
      blocks_(draw_rows(type, fill, kPoolValues / kPoolRow, kPoolRow, random)) {}

void BlockPool::fill(std::span<std::byte> rows) {
  for (std::size_t at = 0; at < rows.size(); at += block_bytes_) {
    std::memcpy(rows.data() + at, blocks_.data() + random_.below(n_blocks_) * block_bytes_, block_bytes_);
  }
}

}  // namespace inferno::make_model
