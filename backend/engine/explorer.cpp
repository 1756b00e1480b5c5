#include "engine/explorer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

#include "engine/generation.h"

namespace inferno::engine {
namespace {

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// An answer of some 2 MiB: what waits for a client may not be more than 5. A candidate is
// about 45 bytes of it, the rest of a step as much as 4 of them.
constexpr std::uint64_t kMaxAnswerCandidates = 50'000;
constexpr std::uint64_t kStepCandidates = 4;
constexpr std::uint32_t kPositionsAtATime = 512;

Result<void> check_model(const Model& model) {
  if (model.context() == nullptr) {
    return Error{ErrorCode::kVocabularyOnly, "This file has a tokenizer but no weights.",
                 "It can tokenize, not tell what could come."};
  }
  if (model.info().capabilities.generate) return {};
  return Error{
      ErrorCode::kUnsupportedArchitecture,
      fmt::format("Models of the architecture {} do not generate text token by token.", model.info().architecture),
      "Choose a decoder model."};
}

Result<void> check_tokens(std::span<const std::int32_t> tokens, std::uint32_t n_vocab) {
  for (const std::int32_t token : tokens) {
    if (token >= 0 && static_cast<std::uint32_t>(token) < n_vocab) continue;
    return Error{ErrorCode::kInvalidArgument, fmt::format("There is no token {}.", token),
                 fmt::format("Tokens are numbered from 0 to {}.", n_vocab - 1)};
  }
  return {};
}

Result<void> check_limit(std::string_view what, std::uint64_t asked, std::uint64_t limit) {
  if (asked == 0) return Error{ErrorCode::kInvalidArgument, fmt::format("{} is 0.", what), "Give at least 1."};
  if (asked <= limit) return {};
  return Error{ErrorCode::kTooLarge, fmt::format("{} is {}.", what, asked),
               fmt::format("It can be {} at most.", limit)};
}

Result<void> check_prefix(const Model& model, std::span<const std::int32_t> prefix, std::uint64_t n_more) {
  if (prefix.empty()) {
    return Error{ErrorCode::kInvalidArgument, "Nothing comes before position 0, so the model predicts nothing there.",
                 "Choose a later position."};
  }
  if (auto known = check_tokens(prefix, model.info().n_vocab); !known) return known;
  const std::uint64_t n_ctx = model.info().n_ctx;
  if (prefix.size() + n_more <= n_ctx) return {};
  const std::uint64_t n_left = n_ctx > prefix.size() ? n_ctx - prefix.size() : 0;
  return Error{ErrorCode::kContextFull,
               fmt::format("{} tokens before this position and {} more do not fit the model's context of {}.",
                           prefix.size(), n_more, n_ctx),
               n_left > 0 ? fmt::format("Ask for {} tokens at most, or load the model with a longer context.", n_left)
                          : std::string("Load the model with a longer context.")};
}

Result<void> check(const Model& model, const ExploreSpec& spec) {
  if (auto able = check_model(model); !able) return able;
  if (auto few = check_limit("n_branches", spec.n_branches, kMaxBranches); !few) return few;
  if (auto few = check_limit("The number of first tokens", std::max<std::size_t>(1, spec.tokens.size()), kMaxBranches);
      !few)
    return few;
  if (auto few = check_limit("n_tokens", spec.n_tokens, kMaxBranchTokens); !few) return few;
  if (auto few = check_limit("n_candidates", std::max(1u, spec.n_candidates), kMaxCandidates); !few) return few;
  const std::uint64_t n_steps = std::uint64_t{spec.n_branches} * spec.n_tokens;
  if (n_steps * (spec.n_candidates + kStepCandidates) > kMaxAnswerCandidates) {
    return Error{ErrorCode::kTooLarge,
                 fmt::format("{} branches of {} tokens with {} candidates each are too much for one answer.",
                             spec.n_branches, spec.n_tokens, spec.n_candidates),
                 "Record fewer candidates per step, or ask for fewer or shorter branches."};
  }
  if (auto known = check_tokens(spec.tokens, model.info().n_vocab); !known) return known;
  return check_prefix(model, spec.prefix, spec.n_tokens);
}

Result<void> check(const Model& model, const TreeSpec& spec) {
  if (auto able = check_model(model); !able) return able;
  if (auto few = check_limit("max_depth", spec.max_depth, kMaxTreeDepth); !few) return few;
  if (auto few = check_limit("max_children", spec.max_children, kMaxTreeChildren); !few) return few;
  if (auto few = check_limit("max_nodes", spec.max_nodes, kMaxTreeNodes); !few) return few;
  if (!(spec.min_prob >= 0 && spec.min_prob <= 1)) {
    return Error{ErrorCode::kInvalidArgument, "min_prob is not a probability.", "Give a number from 0 to 1."};
  }
  return check_prefix(model, spec.prefix, spec.max_depth);
}

std::uint32_t rounded_up(std::uint64_t n, std::uint32_t to) {
  return static_cast<std::uint32_t>((n + to - 1) / to * to);
}

// Rounded up, so that the next question, a little larger perhaps, finds room.
BranchContext::Shape shape_for(const Model& model, std::uint64_t n_positions, std::uint32_t n_branches) {
  const Capabilities& can = model.info().capabilities;
  const bool has_states = can.recurrent || can.hybrid;  // one for each sequence: those cost
  return {rounded_up(n_positions, kPositionsAtATime), 1 + (has_states ? n_branches : rounded_up(n_branches, 16))};
}

}  // namespace

Result<void> Explorer::prepare(const BranchContext::Shape& shape) {
  if (context_ && context_->has_room_for(shape)) return {};
  context_.reset();
  auto made = BranchContext::create(model_, shape, stop_);
  if (!made) return made.error();
  context_ = std::move(*made);
  return {};
}

Result<Exploration> Explorer::explore(const ExploreSpec& asked) {
  ExploreSpec spec = asked;
  if (!spec.tokens.empty()) spec.n_branches = static_cast<std::uint32_t>(spec.tokens.size());
  if (auto good = check(model_, spec); !good) return good.error();
  spec.n_branches = std::min(spec.n_branches, model_.info().n_vocab);

  const std::uint64_t n_positions = spec.prefix.size() + std::uint64_t{spec.n_branches} * spec.n_tokens;
  const Clock::time_point start = Clock::now();
  if (auto ready = prepare(shape_for(model_, n_positions, spec.n_branches)); !ready) return ready.error();
  if (auto stands = context_->stand_at(spec.prefix); !stands) return stands.error();
  const double prefix_ms = milliseconds_since(start);

  const Clock::time_point decoding = Clock::now();
  auto exploration = explore_branches(model_, *context_, spec);
  if (!exploration) return exploration;
  exploration->prefix_ms = prefix_ms;
  exploration->decode_ms = milliseconds_since(decoding);
  return exploration;
}

Result<ProbabilityTree> Explorer::expand(const TreeSpec& spec) {
  if (auto good = check(model_, spec); !good) return good.error();
  const Clock::time_point start = Clock::now();
  const std::uint32_t n_paths = paths_kept(model_.info(), spec);
  const std::uint64_t n_positions = spec.prefix.size() + std::uint64_t{n_paths} * spec.max_depth;
  if (auto ready = prepare(shape_for(model_, n_positions, n_paths)); !ready) return ready.error();
  const std::uint64_t n_before = context_->n_decoded();
  if (auto stands = context_->stand_at(spec.prefix); !stands) return stands.error();
  auto tree = expand_tree(model_, *context_, n_paths, spec);
  if (!tree) return tree;
  tree->n_decoded = static_cast<std::uint32_t>(context_->n_decoded() - n_before);
  tree->ms = milliseconds_since(start);
  return tree;
}

}  // namespace inferno::engine
