#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/debug/condition.h"
#include "cli/sampler_flags.h"

namespace inferno::cli::debug {

struct BreakpointRecord {
  std::uint32_t id = 0;
  std::vector<Condition> conditions;  // every token resolved to an id
  bool enabled = true;
  bool once = false;
  std::uint32_t ignore = 0;  // hits that are let pass first, as last told by the engine
  std::uint32_t hits = 0;    // stops
};

// The breakpoints a person has set, numbered from 1, and the hidden one behind `until`.
// Talks to no engine.
class BreakpointTable {
 public:
  // The id under which the hidden one is known to the engine.
  static constexpr std::uint32_t kUntil = 0;

  BreakpointRecord& add(std::vector<Condition> conditions, bool once);
  BreakpointRecord* find(std::uint32_t id);
  const BreakpointRecord* find(std::uint32_t id) const;
  bool remove(std::uint32_t id);
  void clear() { records_.clear(); }
  const std::vector<BreakpointRecord>& all() const { return records_; }

  // Counts a stop; those that stop once are off from then on.
  void hit(std::span<const std::uint32_t> ids);
  void set_ignore(std::uint32_t id, std::uint32_t ignore);

  // For the engine: stages become indices into the chain; a breakpoint on a stage that
  // the chain lacks is sent switched off. `until`: a position to stop at once.
  std::vector<std::unique_ptr<protocol::BreakpointT>> to_protocol(const SamplerChain& chain,
                                                                  std::optional<std::uint32_t> until) const;

 private:
  std::vector<BreakpointRecord> records_;
  std::uint32_t last_id_ = 0;
};

// The first stage of this kind.
std::optional<std::uint8_t> stage_index(const SamplerChain& chain, protocol::StageKind kind);

}  // namespace inferno::cli::debug
