#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "protocol/schema.h"
#include "store/columns.h"
#include "store/step_model.h"

namespace inferno::store {

// What a column holds of a field.
enum class Role : char { kValue = 'v', kPresent = 'p', kLength = 'n', kNotInVocabulary = 'x' };

struct TablePlan;

// How one field at one place of the schema is written to columns; shared by writer and
// reader so that they cannot differ. The columns are those of the ColumnWriter or
// ColumnReader that the plan was made with.
struct FieldPlan {
  const protocol::FieldSchema* schema = nullptr;
  Slot slot = Slot::kNone;
  bool in_vocabulary = false;  // text, bytes or kind of a token
  int value = -1, present = -1, length = -1;
  std::unique_ptr<TablePlan> table;                            // of a table, or a vector's elements
  std::map<std::uint8_t, std::unique_ptr<TablePlan>> members;  // of a union, by type
};

struct TablePlan {
  const protocol::TableSchema* schema = nullptr;
  TableKind kind = TableKind::kOther;
  std::string path;
  int not_in_vocabulary = -1;        // column, for tokens and candidates
  std::vector<FieldPlan> fields;     // in the order in which they are written
  std::vector<std::size_t> by_size;  // the same by size, largest first: how a table is best laid out
};

// `columns` is asked for the number of each column, by key and width.
template <typename Columns>
std::unique_ptr<TablePlan> make_plan(const protocol::TableSchema& schema, std::string path, Columns& columns);

// The plan of a union's member, made on first use.
template <typename Columns>
TablePlan& member_plan(FieldPlan& field, const std::string& path, std::uint8_t type,
                       const protocol::TableSchema& schema, Columns& columns) {
  auto& plan = field.members[type];
  if (!plan) {
    const char step[] = {static_cast<char>(field.schema->id), static_cast<char>(type)};
    plan = make_plan(schema, path + std::string(step, sizeof(step)), columns);
  }
  return *plan;
}

// The order in which fields are written: those first that foretell others.
std::vector<const protocol::FieldSchema*> written_order(const protocol::TableSchema& schema, TableKind kind);
std::vector<std::size_t> size_order(const std::vector<FieldPlan>& fields);
// Whether the field of a token or candidate is known from the vocabulary.
bool is_in_vocabulary(TableKind kind, const std::string& field);

template <typename Columns>
std::unique_ptr<TablePlan> make_plan(const protocol::TableSchema& schema, std::string path, Columns& columns) {
  auto plan = std::make_unique<TablePlan>();
  plan->schema = &schema;
  plan->kind = table_kind(schema.name);
  plan->path = std::move(path);
  const auto column = [&](const std::string& at, Role role, std::size_t width) {
    return columns.column(at + static_cast<char>(role), width);
  };
  if (plan->kind == TableKind::kToken || plan->kind == TableKind::kCandidate)
    plan->not_in_vocabulary = column(plan->path, Role::kNotInVocabulary, 1);
  for (const protocol::FieldSchema* field : written_order(schema, plan->kind)) {
    FieldPlan& entry = plan->fields.emplace_back();
    const std::string at = plan->path + static_cast<char>(field->id);
    entry.schema = field;
    entry.slot = slot_of(plan->kind, field->name);
    entry.in_vocabulary = is_in_vocabulary(plan->kind, field->name);
    if (field->type == reflection::Vector || field->type == reflection::String) {
      entry.length = column(at, Role::kLength, 4);
      if (field->table != nullptr) {
        entry.table = make_plan(*field->table, at, columns);
      } else if (field->element == reflection::String) {
        entry.present = column(at, Role::kPresent, 4);  // the strings' lengths
        entry.value = column(at, Role::kValue, 1);
      } else {
        const bool is_string = field->type == reflection::String;
        entry.value = column(at, Role::kValue, is_string ? 1 : protocol::inline_size(field->element));
      }
    } else if (field->type == reflection::Obj) {
      entry.present = column(at, Role::kPresent, 1);
      entry.table = make_plan(*field->table, at, columns);
    } else if (field->type == reflection::Union) {
      entry.present = column(at, Role::kPresent, 1);  // the type
    } else {
      if (field->optional) entry.present = column(at, Role::kPresent, 1);
      entry.value = column(at, Role::kValue, protocol::inline_size(field->type));
    }
  }
  plan->by_size = size_order(plan->fields);
  return plan;
}

}  // namespace inferno::store
