#include "engine/branch_context.h"

#include <fmt/format.h>
#include <llama.h>

#include <algorithm>
#include <string>

#include "base/check.h"
#include "engine/llama_call.h"
#include "engine/llama_log.h"
#include "engine/load_error.h"
#include "engine/machine.h"
#include "engine/resolve.h"

namespace inferno::engine {
namespace {

std::string mebibytes(std::uint64_t bytes) {
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1024.0 * 1024.0));
}

// Fewer tokens than these are decoded sooner than copied.
constexpr std::size_t kWorthTakingOver = 32;

std::size_t common_length(std::span<const std::int32_t> a, std::span<const std::int32_t> b) {
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

Result<void> check_memory(const ModelInfo& info, const BranchContext::Shape& shape) {
  // What is on a device, its allocation will tell.
  if (info.options.ignore_memory || info.options.n_gpu_layers != 0) return {};
  const std::uint64_t needed = BranchContext::bytes_needed(info, shape);
  const std::uint64_t available = available_memory_bytes();
  if (needed <= available) return {};
  return Error{ErrorCode::kNotEnoughMemory,
               fmt::format("A second context of {} positions and {} sequences, for what could come, needs {}, and {} "
                           "is available.",
                           shape.n_positions, shape.n_sequences, mebibytes(needed), mebibytes(available)),
               "Ask for fewer or shorter branches, or from an earlier position."};
}

}  // namespace

std::uint64_t BranchContext::bytes_needed(const ModelInfo& info, const Shape& shape) {
  const double share = static_cast<double>(shape.n_positions) / std::max(1u, info.n_ctx);
  const bool has_states = info.capabilities.recurrent || info.capabilities.hybrid;
  const double n_caches = has_states ? std::max<double>(share, shape.n_sequences) : share;
  const double cache = n_caches * static_cast<double>(info.memory.cache_bytes);
  const double compute = std::max(1.0, share) * static_cast<double>(info.memory.compute_bytes);
  const double logits = 2.0 * sizeof(float) * info.n_vocab * shape.n_sequences;
  return static_cast<std::uint64_t>(cache + compute + logits);
}

void BranchContext::FreeContext::operator()(llama_context* context) const { llama_free(context); }

BranchContext::BranchContext(Model& model, const Shape& shape, const std::atomic<bool>& stop)
    : model_(model), shape_(shape), watch_{&model, &stop} {}

BranchContext::~BranchContext() = default;

Result<std::unique_ptr<BranchContext>> BranchContext::create(Model& model, const Shape& shape,
                                                             const std::atomic<bool>& stop) {
  const ModelInfo& info = model.info();
  if (auto fits = check_memory(info, shape); !fits) return fits.error();
  std::unique_ptr<BranchContext> made(new BranchContext(model, shape, stop));

  EngineOptions options = info.options;
  options.n_ctx = shape.n_positions;
  fit_batches(options);
  llama_context_params params = context_params(options, info.n_vocab);
  params.n_seq_max = shape.n_sequences;
  params.n_outputs_max = shape.n_sequences;
  params.abort_callback = &Watch::ask;
  params.abort_callback_data = &made->watch_;
  LlamaLog& log = LlamaLog::install();
  log.clear();
  made->context_.reset(llama_init_from_model(model.model(), params));
  if (!made->context_) return context_error(info.path, log.errors());
  model.share_threads(made->context_.get());

  const std::size_t n_piece = llama_n_batch(made->context_.get());
  made->tokens_.resize(n_piece);
  made->positions_.resize(n_piece);
  made->n_sequence_ids_.assign(n_piece, 1);
  made->sequence_ids_.resize(n_piece);
  made->wants_logits_.resize(n_piece);
  for (std::int32_t& id : made->sequence_ids_) made->sequence_id_lists_.push_back(&id);
  return made;
}

bool BranchContext::has_room_for(const Shape& shape) const {
  return shape.n_positions <= shape_.n_positions && shape.n_sequences <= shape_.n_sequences;
}

Result<void> BranchContext::stand_at(std::span<const std::int32_t> prefix) {
  INFERNO_CHECK(!prefix.empty());
  for (std::uint32_t sequence = 1; sequence < shape_.n_sequences; ++sequence) drop(static_cast<std::int32_t>(sequence));
  if (std::equal(prefix.begin(), prefix.end(), prefix_.begin(), prefix_.end())) return {};
  const std::size_t common = hold_common(prefix);
  std::vector<BranchToken> rest;
  for (std::size_t i = common; i < prefix.size(); ++i)
    rest.push_back({prefix[i], 0, static_cast<std::uint32_t>(i), i + 1 == prefix.size()});
  const auto keep = [this](std::size_t, std::span<const float> logits) {
    prefix_logits_.assign(logits.begin(), logits.end());
  };
  if (auto decoded = decode(rest, keep); !decoded) return decoded;
  prefix_.assign(prefix.begin(), prefix.end());
  return {};
}

std::size_t BranchContext::hold_common(std::span<const std::int32_t> prefix) {
  // The logits that are wanted are those of the last token: it is decoded in any case.
  const std::span<const std::int32_t> all_but_last = prefix.first(prefix.size() - 1);
  const std::size_t elsewhere = common_length(all_but_last, model_.cache().tokens);
  if (elsewhere >= common_length(all_but_last, prefix_) + kWorthTakingOver && take_over(elsewhere))
    prefix_.assign(prefix.begin(), prefix.begin() + static_cast<std::ptrdiff_t>(elsewhere));
  const std::size_t common = common_length(all_but_last, prefix_);
  prefix_.resize(common);
  const LlamaCall call;
  // A recurrent state cannot go back: then all is decoded again.
  if (common > 0 && llama_memory_seq_rm(llama_get_memory(context_.get()), 0, static_cast<llama_pos>(common), -1))
    return common;
  clear();
  return 0;
}

bool BranchContext::take_over(std::size_t n_tokens) {
  const LlamaCall call;
  llama_context* from = model_.context();
  const auto n_held = static_cast<std::size_t>(llama_memory_seq_pos_max(llama_get_memory(from), 0)) + 1;
  // All of it is copied, then cut.
  if (!model_.info().capabilities.roll_back || n_held < n_tokens || n_held > shape_.n_positions) return false;
  std::vector<std::uint8_t> state(llama_state_seq_get_size(from, 0));
  if (llama_state_seq_get_data(from, state.data(), state.size(), 0) != state.size()) return false;
  clear();
  if (llama_state_seq_set_data(context_.get(), state.data(), state.size(), 0) != 0) return true;
  clear();
  return false;
}

void BranchContext::branch(std::int32_t from, std::int32_t to) {
  drop(to);
  const LlamaCall call;
  llama_memory_seq_cp(llama_get_memory(context_.get()), from, to, -1, -1);
}

void BranchContext::drop(std::int32_t sequence) {
  const LlamaCall call;
  llama_memory_seq_rm(llama_get_memory(context_.get()), sequence, -1, -1);
}

Result<void> BranchContext::decode(std::span<const BranchToken> tokens, const OnLogits& on_logits) {
  for (std::size_t first = 0; first < tokens.size();) {
    std::size_t n = 0;
    std::uint32_t n_outputs = 0;
    while (first + n < tokens.size() && n < tokens_.size()) {
      n_outputs += tokens[first + n].wants_logits ? 1 : 0;
      if (n_outputs > shape_.n_sequences) break;
      ++n;
    }
    const std::span<const BranchToken> piece = tokens.subspan(first, n);
    if (auto decoded = decode_piece(piece); !decoded) {
      clear();
      return decoded;
    }
    for (std::size_t i = 0; i < n; ++i) {
      if (!piece[i].wants_logits) continue;
      const LlamaCall call;
      const float* row = llama_get_logits_ith(context_.get(), static_cast<std::int32_t>(i));
      INFERNO_CHECK(row != nullptr);
      on_logits(first + i, {row, model_.info().n_vocab});
    }
    first += n;
  }
  return {};
}

Result<void> BranchContext::decode_piece(std::span<const BranchToken> tokens) {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    tokens_[i] = tokens[i].token;
    positions_[i] = static_cast<std::int32_t>(tokens[i].position);
    sequence_ids_[i] = tokens[i].sequence;
    wants_logits_[i] = tokens[i].wants_logits ? 1 : 0;
  }
  llama_batch batch = {};
  batch.n_tokens = static_cast<std::int32_t>(tokens.size());
  batch.token = tokens_.data();
  batch.pos = positions_.data();
  batch.n_seq_id = n_sequence_ids_.data();
  batch.seq_id = sequence_id_lists_.data();
  batch.logits = wants_logits_.data();
  if (watch_.stops()) return error_of(2);
  const LlamaCall call;
  try {
    const int answer = llama_decode(context_.get(), batch);
    llama_synchronize(context_.get());
    if (answer != 0) return error_of(answer);
  } catch (const std::exception&) {
    return error_of(-4);
  }
  n_decoded_ += tokens.size();
  return {};
}

Error BranchContext::error_of(int answer) const {
  if (answer == 2 || watch_.stops()) return {ErrorCode::kCancelled, "Stopped while looking at what could come.", ""};
  if (answer == 1) return {ErrorCode::kContextFull, "The second context has no room for the branches.", ""};
  const std::string why = LlamaLog::install().errors();
  return {ErrorCode::kInternal, fmt::format("llama.cpp could not decode the branches ({}). {}", answer, why), ""};
}

void BranchContext::clear() {
  llama_memory_clear(llama_get_memory(context_.get()), true);
  prefix_.clear();
}

}  // namespace inferno::engine
