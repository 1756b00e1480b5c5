#include "engine/watches.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>

#include "engine/continuation.h"

namespace inferno::engine {

namespace {

bool is_blank(std::string_view bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](char c) { return c == ' ' || c == '\n'; });
}

// The first token that is not only the blank before the word.
void add_first(const Model& model, const std::vector<std::int32_t>& ids, std::vector<std::int32_t>& firsts) {
  for (const std::int32_t id : ids) {
    if (is_blank(model.tokens().bytes(id))) continue;
    if (std::find(firsts.begin(), firsts.end(), id) == firsts.end()) firsts.push_back(id);
    return;
  }
}

Result<void> check_watch(const WatchSpec& watch, std::uint32_t n_vocab) {
  const std::string which = "Watch " + std::to_string(watch.id);
  if (watch.word.empty() == watch.ids.empty()) {
    return Error{ErrorCode::kInvalidArgument, which + " must name either a word or token ids.", ""};
  }
  if (watch.word.size() > kMaxWatchBytes || watch.ids.size() > kMaxWatchIds) {
    return Error{ErrorCode::kTooLarge, which + " is too long.",
                 "A word can have " + std::to_string(kMaxWatchBytes) + " bytes, a list " +
                     std::to_string(kMaxWatchIds) + " tokens."};
  }
  for (const std::int32_t id : watch.ids) {
    if (id < 0 || static_cast<std::uint32_t>(id) >= n_vocab)
      return Error{ErrorCode::kInvalidArgument, which + ": there is no token " + std::to_string(id) + ".",
                   "Tokens are numbered from 0 to " + std::to_string(n_vocab - 1) + "."};
  }
  return {};
}

}  // namespace

Result<std::vector<std::int32_t>> first_tokens(const Model& model, const std::string& word) {
  std::vector<std::int32_t> firsts;
  for (const char* before : {" ", ""}) {
    const auto ids = tokenize_continuation(model, before + word);
    if (!ids) return ids.error();
    add_first(model, *ids, firsts);
  }
  if (!firsts.empty()) return firsts;
  return Error{ErrorCode::kInvalidArgument, "A watched word has no token.", "Name another word, or token ids."};
}

Result<void> Watches::set(std::vector<WatchSpec> specs, const Model& model) {
  if (specs.size() > kMaxWatches) {
    return Error{ErrorCode::kTooLarge, "There are " + std::to_string(specs.size()) + " watches.",
                 "There can be " + std::to_string(kMaxWatches) + "."};
  }
  for (WatchSpec& watch : specs) {
    if (Result<void> sound = check_watch(watch, model.info().n_vocab); !sound) return sound;
    // A token named twice counts once.
    std::sort(watch.ids.begin(), watch.ids.end());
    watch.ids.erase(std::unique(watch.ids.begin(), watch.ids.end()), watch.ids.end());
    if (watch.word.empty()) continue;
    auto ids = first_tokens(model, watch.word);
    if (!ids) return ids.error();
    watch.ids = std::move(*ids);
  }
  specs_ = std::move(specs);
  return {};
}

void Watches::measure(const LogitStats& stats, StepRecord& record) const {
  for (const WatchSpec& watch : specs_) {
    WatchRecord watched;
    double sum = 0;
    for (const std::int32_t id : watch.ids) {
      const float logit = stats.logit(id);
      if (!std::isfinite(logit)) continue;
      sum += std::exp(stats.distribution().log_probability(logit));
      if (watched.best < 0 || logit > stats.logit(watched.best)) watched.best = id;
    }
    if (watched.best >= 0) {
      watched.raw_prob = static_cast<float>(std::min(sum, 1.0));
      watched.best_rank = stats.rank(watched.best);
    }
    record.watched.push_back(watched);
  }
}

}  // namespace inferno::engine
