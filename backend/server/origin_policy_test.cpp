#include "server/origin_policy.h"

#include <gtest/gtest.h>

namespace inferno::server {
namespace {

TEST(OriginPolicy, TakesLoopbackNamesWithOurPort) {
  const OriginPolicy policy({}, 7717);
  for (const char* host : {"localhost:7717", "LOCALHOST:7717", "127.0.0.1:7717", "[::1]:7717"}) {
    EXPECT_TRUE(policy.host_is_ours(host, "")) << host;
    EXPECT_TRUE(policy.origin_is_ours(std::string("http://") + host, "")) << host;
  }
}

TEST(OriginPolicy, RefusesOtherNamesPortsAndSpellings) {
  const OriginPolicy policy({}, 7717);
  for (const char* host :
       {"", "localhost", "localhost:7718", "localhost.:7717", "127.0.0.1.evil.example:7717", "evil.example:7717",
        "127.1:7717", "0.0.0.0:7717", "[::]:7717", "localhost:7717@evil.example", "localhost:07717", " localhost:7717",
        "::1:7717", "sub.localhost:7717", "localhost:7717/"}) {
    EXPECT_FALSE(policy.host_is_ours(host, "")) << host;
  }
  for (const char* origin : {"null", "", "localhost:7717", "https://localhost:7717", "http://evil.example",
                             "http://localhost:7717/", "http://localhost:5173", "file://"}) {
    EXPECT_FALSE(policy.origin_is_ours(origin, "")) << origin;
  }
}

TEST(OriginPolicy, TakesConfiguredNamesAndTheAddressAConnectionCameInAt) {
  const OriginPolicy policy({"Box.example", "fe80::1"}, 80);
  EXPECT_TRUE(policy.host_is_ours("box.example", ""));
  EXPECT_TRUE(policy.host_is_ours("[fe80::1]:80", ""));
  EXPECT_FALSE(policy.host_is_ours("192.168.1.2", ""));
  EXPECT_TRUE(policy.host_is_ours("192.168.1.2", "192.168.1.2"));
  EXPECT_TRUE(policy.origin_is_ours("http://192.168.1.2", "192.168.1.2"));
  EXPECT_FALSE(policy.host_is_ours("192.168.1.3", "192.168.1.2"));
}

}  // namespace
}  // namespace inferno::server
