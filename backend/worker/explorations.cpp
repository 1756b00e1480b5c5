#include "worker/explorations.h"

#include <utility>

#include "engine/branch_bench.h"
#include "engine/prompt.h"
#include "protocol/message.h"
#include "worker/convert.h"
#include "worker/step_object.h"

namespace inferno::worker {
namespace {

namespace pb = protocol;

template <typename T>
pb::EnvelopeT reply(std::uint32_t request, T body) {
  return pb::envelope_object(request, 0, 0, std::move(body));
}

std::vector<std::int32_t> ids_of(const flatbuffers::Vector<std::int32_t>* ids) {
  return ids == nullptr ? std::vector<std::int32_t>() : std::vector<std::int32_t>(ids->begin(), ids->end());
}

engine::ExploreSpec to_spec(const pb::Explore& message) {
  engine::ExploreSpec spec;
  spec.prefix = ids_of(message.prompt());
  spec.n_prompt = message.n_prompt();
  spec.tokens = ids_of(message.tokens());
  spec.n_branches = message.n_branches();
  spec.n_tokens = message.n_tokens();
  spec.sampled = message.sampled();
  spec.n_candidates = message.n_candidates();
  spec.sampler = to_sampler(message.sampler());
  spec.seed = message.seed();
  return spec;
}

engine::TreeSpec to_spec(const pb::ExpandTree& message) {
  engine::TreeSpec spec;
  spec.prefix = ids_of(message.prompt());
  spec.max_depth = message.max_depth();
  spec.min_prob = static_cast<double>(message.min_prob());
  spec.max_children = message.max_children();
  spec.max_nodes = message.max_nodes();
  return spec;
}

pb::ExploredT from_exploration(const engine::Exploration& from, const engine::TokenTable& tokens) {
  pb::ExploredT to;
  for (const engine::ExploredBranch& branch : from.branches) {
    auto out = std::make_unique<pb::ExploredBranchT>();
    for (const engine::StepRecord& step : branch.steps) out->steps.push_back(step_object(step, tokens));
    out->sum_logprob = branch.sum_logprob;
    out->end_of_text = branch.end_of_text;
    to.branches.push_back(std::move(out));
  }
  to.prefix_ms = static_cast<float>(from.prefix_ms);
  to.decode_ms = static_cast<float>(from.decode_ms);
  return to;
}

pb::TreeT from_tree(const engine::ProbabilityTree& from, const engine::TokenTable& tokens) {
  pb::TreeT to;
  for (const engine::TreeNode& node : from.nodes) {
    auto out = std::make_unique<pb::TreeNodeT>();
    if (node.parent) out->parent = *node.parent;
    out->token = from_token(node.token, tokens);
    out->raw_logprob = static_cast<float>(node.raw_logprob);
    out->path_logprob = static_cast<float>(node.path_logprob);
    out->rank = node.rank;
    out->end_of_text = node.end_of_text;
    if (node.follows) {
      out->entropy = static_cast<float>(node.follows->entropy);
      out->children_mass = static_cast<float>(node.follows->children_mass);
    }
    to.nodes.push_back(std::move(out));
  }
  to.root_entropy = static_cast<float>(from.root.entropy);
  to.root_mass = static_cast<float>(from.root.children_mass);
  to.complete = from.complete;
  to.n_decoded = from.n_decoded;
  to.ms = static_cast<float>(from.ms);
  return to;
}

}  // namespace

void Explorations::serve(engine::Model& model) {
  const std::lock_guard lock(mutex_);
  model_ = &model;
  explorer_ = std::make_unique<engine::Explorer>(model);
}

void Explorations::answer(const pb::Envelope& envelope) {
  {
    const std::lock_guard lock(mutex_);
    going_on_ = envelope.request();
    explorer_->clear_stop();
    if (stopped_.contains(going_on_)) explorer_->request_stop();
  }
  const auto* explore = envelope.body_as_Explore();
  pb::EnvelopeT answer = explore != nullptr ? reply_to(envelope.request(), *explore)
                                            : reply_to(envelope.request(), *envelope.body_as_ExpandTree());
  {
    const std::lock_guard lock(mutex_);
    going_on_ = 0;
  }
  outbox_.post(std::move(answer));
}

pb::EnvelopeT Explorations::reply_to(std::uint32_t request, const pb::Explore& message) {
  const auto exploration = explorer_->explore(to_spec(message));
  if (!exploration) return reply(request, std::move(*from_error(exploration.error())));
  return reply(request, from_exploration(*exploration, model_->tokens()));
}

pb::EnvelopeT Explorations::reply_to(std::uint32_t request, const pb::ExpandTree& message) {
  const auto tree = explorer_->expand(to_spec(message));
  if (!tree) return reply(request, std::move(*from_error(tree.error())));
  return reply(request, from_tree(*tree, model_->tokens()));
}

void Explorations::bench(std::uint32_t request, const pb::BenchBranches& message) {
  const auto post = [&](auto body) {
    pb::WorkerMessageT told;
    told.request = request;
    told.body.Set(std::move(body));
    outbox_.post(std::move(told));
  };
  const auto prompt = engine::tokenize(*model_, to_prompt(message.prompt()));
  if (!prompt) return outbox_.post(reply(request, std::move(*from_error(prompt.error()))));
  explorer_->clear_stop();
  const engine::BranchBenchSpec spec{prompt->ids, message.n_branches(), message.n_tokens(), message.n_rounds()};
  const auto done = engine::run_branch_bench(*explorer_, spec, [&](const engine::BranchBenchRound& round) {
    pb::BranchRoundT told;
    told.round = round.round;
    told.together = round.together;
    told.n_tokens = round.n_tokens;
    told.total_us = round.total_us;
    post(told);
  });
  if (!done) return outbox_.post(reply(request, std::move(*from_error(done.error()))));
  post(pb::BenchDoneT());
}

void Explorations::run_starts() {
  if (explorer_) explorer_->release();
}

void Explorations::foresee_stop(std::uint32_t request) {
  const std::lock_guard lock(mutex_);
  stopped_.insert(request);
  if (explorer_ && going_on_ == request) explorer_->request_stop();
}

void Explorations::stop_seen(std::uint32_t request) {
  const std::lock_guard lock(mutex_);
  stopped_.erase(request);
}

}  // namespace inferno::worker
