#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace inferno::store {

// One vocabulary entry as Token and Candidate show it.
struct VocabularyEntry {
  std::string bytes;
  bool is_text = true;    // shown as `text`; otherwise as `bytes`
  std::uint8_t kind = 0;  // TokenKind

  bool operator==(const VocabularyEntry&) const = default;
};

// The tokens of one model that occur in its recordings: their text is kept once, not at
// every candidate. Remembers which entries are new, until they are stored.
class Vocabulary {
 public:
  const VocabularyEntry* find(std::int32_t id) const {
    const auto found = entries_.find(id);
    return found == entries_.end() ? nullptr : &found->second;
  }
  // What is known already stays.
  void load(std::int32_t id, VocabularyEntry entry) { entries_.try_emplace(id, std::move(entry)); }
  // For an id that is not known yet.
  void learn(std::int32_t id, VocabularyEntry entry) {
    if (entries_.try_emplace(id, std::move(entry)).second) fresh_.push_back(id);
  }
  const std::vector<std::int32_t>& fresh() const { return fresh_; }
  void stored() { fresh_.clear(); }
  void forget_fresh() {
    for (const std::int32_t id : fresh_) entries_.erase(id);
    fresh_.clear();
  }
  std::size_t size() const { return entries_.size(); }

 private:
  std::unordered_map<std::int32_t, VocabularyEntry> entries_;
  std::vector<std::int32_t> fresh_;
};

}  // namespace inferno::store
