// The engine as a process: what it answers to those who look at what could come.

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <utility>

#include "worker/testing_engine.h"

namespace inferno::worker {
namespace {

TEST(Exploring, AnAnswerIsNeverTooLargeForAClientAndMoreIsRefusedInWords) {
  NEED_MODEL(path, "stories260K.gguf");
  Engine engine;
  engine.load(*path);
  pb::ExploreT question;
  question.prompt = {1, 403, 407, 261, 378};
  question.n_prompt = 5;
  question.n_branches = 64;
  question.n_tokens = 24;
  question.n_candidates = 28;
  engine.send(question);
  const auto explored = engine.next(pb::Body::Explored);
  ASSERT_TRUE(explored);
  ASSERT_EQ(explored->body.AsExplored()->branches.size(), 64u);
  // Two of them have room in a client's queue of 5 MiB.
  EXPECT_LT(pb::make_envelope(1, 0, 0, pb::ExploredT(*explored->body.AsExplored())).size(), std::size_t{5} << 19);

  question.n_tokens = 25;
  engine.send(question);
  const auto refused = engine.next();
  ASSERT_TRUE(refused && refused->body.AsError() != nullptr);
  EXPECT_EQ(refused->body.AsError()->message,
            "64 branches of 25 tokens with 28 candidates each are too much for one answer.");
}

}  // namespace
}  // namespace inferno::worker
