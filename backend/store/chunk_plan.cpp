#include "store/chunk_plan.h"

#include <algorithm>
#include <numeric>
#include <string_view>

namespace inferno::store {

namespace {

// Small numbers first; what is not named keeps the order of its id, after them.
int rank(TableKind kind, std::string_view field) {
  if (kind != TableKind::kStep) return 0;
  if (field == "token") return -4;
  if (field == "log_sum_exp") return -3;
  if (field == "entropy") return -2;
  if (field == "candidates") return -1;
  return 0;
}

}  // namespace

std::vector<const protocol::FieldSchema*> written_order(const protocol::TableSchema& schema, TableKind kind) {
  std::vector<const protocol::FieldSchema*> fields;
  for (const auto& field : schema.fields) {
    // A union's type is written with the union.
    if (field.type != reflection::UType) fields.push_back(&field);
  }
  std::stable_sort(fields.begin(), fields.end(),
                   [kind](const auto* a, const auto* b) { return rank(kind, a->name) < rank(kind, b->name); });
  return fields;
}

std::vector<std::size_t> size_order(const std::vector<FieldPlan>& fields) {
  std::vector<std::size_t> order(fields.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return protocol::inline_size(fields[a].schema->type) > protocol::inline_size(fields[b].schema->type);
  });
  return order;
}

bool is_in_vocabulary(TableKind kind, const std::string& field) {
  return (kind == TableKind::kToken || kind == TableKind::kCandidate) &&
         (field == "text" || field == "bytes" || field == "kind");
}

}  // namespace inferno::store
