#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "flatbuffers/flatbuffers.h"
#include "store/chunk_plan.h"
#include "store/vocabulary.h"

namespace inferno::store {

// Gives back the messages that a ChunkWriter wrote, field for field, as messages of
// `run` numbered from `first_seq` on. The chunk may come from anywhere: work and memory
// are bounded, and what does not fit together is an error. Messages built of a chunk
// from outside have yet to be verified for what they say. `vocabulary` is borrowed.
class ChunkReader {
 public:
  // Errors: kMalformedMessage, kUnsupportedVersion, kTooLarge.
  static Result<std::vector<Bytes>> read(std::span<const std::uint8_t> chunk, std::uint32_t run,
                                         std::uint32_t first_seq, const Vocabulary& vocabulary);

 private:
  struct Value {
    bool present = false;
    std::uint64_t bits = 0;  // of a scalar, or the offset of everything else
  };

  ChunkReader(ColumnReader columns, std::uint32_t run, std::uint32_t first_seq, const Vocabulary& vocabulary);

  Bytes message();
  flatbuffers::uoffset_t table(TablePlan& plan);
  Value field(FieldPlan& plan, const TablePlan& owner);
  Value scalar(const FieldPlan& plan);
  Value string(int length, int value);
  Value vector(const FieldPlan& plan);
  flatbuffers::uoffset_t scalars(const FieldPlan& plan, std::uint32_t count);
  Value union_value(FieldPlan& plan, const TablePlan& owner);
  Value from_vocabulary(const protocol::FieldSchema& field, std::int32_t id);
  void add(const protocol::FieldSchema& field, const Value& value);
  bool spend(std::uint64_t n_parts);

  ColumnReader columns_;
  const Vocabulary& vocabulary_;
  StepModel model_;
  std::unique_ptr<TablePlan> envelope_;
  flatbuffers::FlatBufferBuilder builder_;
  std::unordered_map<std::int32_t, flatbuffers::uoffset_t> texts_;  // of this message
  std::uint8_t union_type_ = 0;                                     // of the union read last
  std::uint64_t parts_left_;
  bool failed_ = false;
};

}  // namespace inferno::store
