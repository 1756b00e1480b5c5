#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/json.h"
#include "protocol/schema.h"
#include "protocol/testing/golden_files.h"

namespace inferno::protocol {
namespace {

using testing::Golden;

constexpr char kRegenerate[] =
    "\nIf the schema or the samples (backend/protocol/testing/samples.cpp) were changed on purpose, write the golden"
    " files anew:\n  cmake --build <build folder> --target write-golden && <build folder>/bin/write-golden\n";

Bytes bytes_of(const std::string& text) { return Bytes(text.begin(), text.end()); }

std::string json_of(const Golden& golden, const Bytes& bytes) {
  return (golden.is_worker ? worker_to_json(bytes) : to_json(bytes)) + "\n";
}

class GoldenFiles : public ::testing::TestWithParam<Golden> {};

TEST_P(GoldenFiles, DecodeToTheirJson) {
  const auto bin = GetParam().read(".bin");
  const auto json = GetParam().read(".json");
  ASSERT_TRUE(bin && json) << "There is no golden file for " << GetParam().name << "." << kRegenerate;
  const Bytes bytes = bytes_of(*bin);
  ASSERT_TRUE(GetParam().is_worker ? verify_worker_message(bytes).ok() : verify_envelope(bytes).ok()) << kRegenerate;
  EXPECT_EQ(json_of(GetParam(), bytes), *json) << kRegenerate;
}

TEST_P(GoldenFiles, ReadBackFromTheirJson) {
  const auto json = GetParam().read(".json");
  ASSERT_TRUE(json) << kRegenerate;
  const auto bytes = GetParam().is_worker ? worker_from_json(*json) : envelope_from_json(*json);
  ASSERT_TRUE(bytes.ok()) << bytes.error().message << kRegenerate;
  EXPECT_EQ(json_of(GetParam(), *bytes), *json) << kRegenerate;
}

std::string name_of(const ::testing::TestParamInfo<Golden>& info) {
  return (info.param.is_worker ? "Worker" : "") + info.param.name;
}

INSTANTIATE_TEST_SUITE_P(Protocol, GoldenFiles, ::testing::ValuesIn(testing::golden_files(INFERNO_SOURCE_DIR)),
                         name_of);

TEST(GoldenFiles, UseEveryFieldOfTheSchema) {
  std::string all;
  for (const auto& golden : testing::golden_files(INFERNO_SOURCE_DIR)) all += golden.read(".json").value_or("");
  for (const auto* table : Schema::get().tables()) {
    for (const auto& field : table->fields) {
      EXPECT_THAT(all, ::testing::HasSubstr(field.json_key)) << table->name << "." << field.name << kRegenerate;
    }
  }
}

}  // namespace
}  // namespace inferno::protocol
