#include "session/inspector.h"

#include <gtest/gtest.h>

#include "session/testing/world.h"

namespace inferno::session {
namespace {

namespace pb = protocol;
using std::chrono::seconds;

class CountingOutlet final : public Outlet {
 public:
  void reply(const Address&, Bytes) override { ++n_replies; }
  void notify(const std::string&, Bytes) override {}
  void models_changed() override {}
  int n_replies = 0;
};

class InspectorTest : public ::testing::Test {
 protected:
  InspectorTest() { catalog_.known["a.gguf"] = {"/models/a.gguf", "a.gguf", 1000, 5}; }

  void inspect() {
    pb::InspectModelT request;
    request.path = "a.gguf";
    const Bytes bytes = pb::make_envelope(1, 0, 0, std::move(request));
    inspector_.inspect({1, 1}, *pb::envelope_of(bytes).body_as_InspectModel());
  }
  void answer() { launcher_.engines.back().say(pb::make_envelope(1, 0, 0, pb::ModelInfoT())); }

  testing::FakeLauncher launcher_;
  testing::FakeCatalog catalog_;
  CountingOutlet outlet_;
  Inspector::Time now_{};
  Inspector inspector_{launcher_, catalog_, outlet_, [this] { return now_; }};
};

TEST_F(InspectorTest, LooksAgainAfterAWhileBecauseMemoryIsNotWhatItWas) {
  inspect();
  answer();
  now_ += Inspector::kRemembered;
  inspect();
  EXPECT_EQ(launcher_.engines.size(), 1u);
  now_ += seconds(1);
  inspect();
  EXPECT_EQ(launcher_.engines.size(), 2u);
  answer();
  EXPECT_EQ(outlet_.n_replies, 3);
}

TEST_F(InspectorTest, LooksAgainWhenAModelCameOrWent) {
  inspect();
  answer();
  inspector_.forget();
  inspect();
  EXPECT_EQ(launcher_.engines.size(), 2u);
  inspector_.forget();  // while the engine is looking: its answer is old at once
  answer();
  inspect();
  EXPECT_EQ(launcher_.engines.size(), 3u);
  answer();
  EXPECT_EQ(outlet_.n_replies, 3);
}

}  // namespace
}  // namespace inferno::session
