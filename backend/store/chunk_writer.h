#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/result.h"
#include "store/chunk_plan.h"
#include "store/vocabulary.h"

namespace flatbuffers {
class Table;
}

namespace inferno::store {

// Writes consecutive messages of a run as columns. Lossless for every field of the
// schema, whatever is added to it: what the schema says is what is walked. Tokens that
// the vocabulary does not know are learned; those of which it knows something else are
// written out. `vocabulary` is borrowed.
class ChunkWriter {
 public:
  ChunkWriter(std::uint32_t run, std::uint32_t first_seq, Vocabulary& vocabulary);

  void add(std::span<const std::uint8_t> verified_envelope);
  // Errors: kTooLarge; kUnsupportedVersion for a message that the schema does not know.
  Result<Bytes> finish() const;

 private:
  void table(const flatbuffers::Table& table, TablePlan& plan);
  void field(const flatbuffers::Table& table, FieldPlan& plan, const TablePlan& owner);
  void scalar(const flatbuffers::Table& table, const FieldPlan& plan);
  void string(const std::uint8_t* at, int length, int value);
  void vector(const flatbuffers::Table& table, const FieldPlan& plan);
  void union_value(const flatbuffers::Table& table, FieldPlan& plan, const TablePlan& owner);
  bool learn(const flatbuffers::Table& table, const TablePlan& plan);

  Vocabulary& vocabulary_;
  StepModel model_;
  ColumnWriter columns_;
  std::unique_ptr<TablePlan> envelope_;
  std::uint32_t n_messages_ = 0;
  bool unknown_message_ = false;
};

}  // namespace inferno::store
