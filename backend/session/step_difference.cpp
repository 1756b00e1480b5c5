#include "session/step_difference.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

namespace inferno::session {

namespace {

using protocol::Candidate;
using protocol::StageTrace;
using protocol::Step;

bool same_bits(float a, float b) { return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b); }
bool same_bits(double a, double b) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b); }
template <typename T>
bool same_bits(T a, T b) {
  return a == b;
}

template <typename T>
bool same(flatbuffers::Optional<T> a, flatbuffers::Optional<T> b) {
  return a.has_value() == b.has_value() && (!a || same_bits(*a, *b));
}
// One side may lack it.
template <typename T>
bool same_if_both(flatbuffers::Optional<T> a, flatbuffers::Optional<T> b) {
  return !a || !b || same_bits(*a, *b);
}
template <typename T>
bool same(flatbuffers::Optional<T> a, flatbuffers::Optional<T> b, bool lenient) {
  return lenient ? same_if_both(a, b) : same(a, b);
}

// The token that the chain chose, where that is known.
std::optional<std::int32_t> choice(const StepSide& side) {
  if (side.step.chain_token()) return *side.step.chain_token();
  if (side.step.forced() && !side.is_replay) return std::nullopt;
  return side.step.token()->id();
}

bool has_chain(const Step& step) {
  return step.final_prob().has_value() || (step.stages() != nullptr && step.stages()->size() > 0);
}

bool same_stage(const StageTrace& a, const StageTrace& b) {
  return a.stage() == b.stage() && a.kind() == b.kind() && a.n_in() == b.n_in() && a.n_out() == b.n_out() &&
         same_bits(a.mass_removed(), b.mass_removed()) && same_bits(a.entropy_before(), b.entropy_before()) &&
         same_bits(a.entropy_after(), b.entropy_after()) && a.top_before() == b.top_before() &&
         a.top_after() == b.top_after() && a.removed_top() == b.removed_top() && a.changed() == b.changed() &&
         same(a.selected(), b.selected()) && same(a.value(), b.value());
}

bool same_stages(const Step& a, const Step& b, bool lenient) {
  const std::size_t n_a = a.stages() == nullptr ? 0 : a.stages()->size();
  const std::size_t n_b = b.stages() == nullptr ? 0 : b.stages()->size();
  if (lenient && (n_a == 0 || n_b == 0)) return true;
  if (n_a != n_b) return false;
  for (unsigned i = 0; i < n_a; ++i) {
    if (!same_stage(*a.stages()->Get(i), *b.stages()->Get(i))) return false;
  }
  return true;
}

std::vector<const Candidate*> by_id(const Step& step) {
  std::vector<const Candidate*> out;
  if (step.candidates() == nullptr) return out;
  for (const auto* candidate : *step.candidates()) out.push_back(candidate);
  std::sort(out.begin(), out.end(), [](const auto* x, const auto* y) { return x->id() < y->id(); });
  return out;
}

void note_logits(flatbuffers::Optional<float> a, flatbuffers::Optional<float> b, StepDifference& out) {
  if (!a || !b) return;
  out.max_logit_difference = std::max(out.max_logit_difference.value_or(0.0f), std::fabs(*a - *b));
}

void compare_candidates(const Step& a, const Step& b, bool same_capture, bool lenient, StepDifference& out) {
  const auto of_a = by_id(a), of_b = by_id(b);
  bool same_ids = of_a.size() == of_b.size();
  auto at_b = of_b.begin();
  for (const auto* mine : of_a) {
    while (at_b != of_b.end() && (*at_b)->id() < mine->id()) ++at_b;
    if (at_b == of_b.end() || (*at_b)->id() != mine->id()) {
      same_ids = false;
      continue;
    }
    const auto& other = **at_b;
    note_logits(mine->logit(), other.logit(), out);
    out.is_identical =
        out.is_identical && same(mine->logit(), other.logit()) && same(mine->raw_logprob(), other.raw_logprob()) &&
        same(mine->final_prob(), other.final_prob(), lenient) && same(mine->removed_by(), other.removed_by(), lenient);
  }
  // Forced tokens are appended to the candidates, so their number says nothing then.
  if (same_capture && !lenient) out.is_identical = out.is_identical && same_ids && a.n_top() == b.n_top();
}

}  // namespace

StepDifference difference(const StepSide& a, const StepSide& b, bool same_capture) {
  const Step &x = a.step, &y = b.step;
  StepDifference out;
  out.same_token = x.token()->id() == y.token()->id();
  const auto choice_a = choice(a), choice_b = choice(b);
  out.same_choice = !choice_a || !choice_b || *choice_a == *choice_b;
  const bool lenient = !same_capture || x.forced() != y.forced() || !has_chain(x) || !has_chain(y);
  if (out.same_token) note_logits(x.logit(), y.logit(), out);
  out.is_identical =
      out.same_token && out.same_choice && same(x.logit(), y.logit()) && same(x.raw_logprob(), y.raw_logprob()) &&
      same(x.rank(), y.rank()) && same(x.entropy(), y.entropy()) && same(x.log_sum_exp(), y.log_sum_exp()) &&
      x.n_non_finite() == y.n_non_finite() && same(x.final_prob(), y.final_prob(), lenient) &&
      same(x.n_final(), y.n_final(), lenient) && same(x.draw(), y.draw(), lenient) && same_stages(x, y, lenient);
  if (same_capture) out.is_identical = out.is_identical && same(x.tail_mass(), y.tail_mass(), lenient);
  compare_candidates(x, y, same_capture, lenient, out);
  return out;
}

}  // namespace inferno::session
