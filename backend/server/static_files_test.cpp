#include "server/static_files.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "server/testing/temporary_folder.h"

namespace inferno::server {
namespace {

namespace fs = std::filesystem;

std::string header(const Response& response, const std::string& name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

class StaticFilesTest : public ::testing::Test {
 protected:
  StaticFilesTest() {
    outside_.write("secret.txt", "secret");
    folder_.write("ui/index.html", "<p>studio");
    folder_.write("ui/assets/app-4f3a2b1c.js", "1");
    folder_.write("ui/empty.css", "");
    folder_.write("ui-other/file.txt", "other");
  }
  StaticFiles files() const { return StaticFiles(folder_.path() / "ui"); }

  testing::TemporaryFolder folder_;
  testing::TemporaryFolder outside_;
};

TEST_F(StaticFilesTest, GivesFilesWithTypeAndCaching) {
  const auto page = files().find("/index.html");
  ASSERT_TRUE(page);
  EXPECT_EQ(page->body, "<p>studio");
  EXPECT_EQ(header(*page, "Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(header(*page, "Cache-Control"), "no-cache");
  const auto script = files().find("/assets/app-4f3a2b1c.js");
  ASSERT_TRUE(script);
  EXPECT_EQ(header(*script, "Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_NE(header(*script, "Cache-Control").find("immutable"), std::string::npos);
  ASSERT_TRUE(files().find("/empty.css"));
}

TEST_F(StaticFilesTest, FollowsLinksOnlyInsideTheFolder) {
  fs::create_symlink(outside_.path() / "secret.txt", folder_.path() / "ui" / "leak.txt");
  fs::create_symlink(outside_.path(), folder_.path() / "ui" / "out");
  fs::create_symlink("../ui-other/file.txt", folder_.path() / "ui" / "sibling.txt");
  fs::create_symlink("index.html", folder_.path() / "ui" / "alias.html");
  EXPECT_FALSE(files().find("/leak.txt"));
  EXPECT_FALSE(files().find("/out/secret.txt"));
  EXPECT_FALSE(files().find("/sibling.txt"));
  EXPECT_TRUE(files().find("/alias.html"));
}

TEST_F(StaticFilesTest, HasNoFoldersAndNothingOutside) {
  EXPECT_FALSE(files().find("/"));
  EXPECT_FALSE(files().find("/assets"));
  EXPECT_FALSE(files().find("/../ui-other/file.txt"));
  EXPECT_FALSE(files().find("/missing.html"));
  EXPECT_FALSE(StaticFiles("/no/such/folder").present());
  EXPECT_FALSE(StaticFiles("").find("/etc/hostname"));
}

TEST(DecodePath, RefusesWhatIsNotAPlainPath) {
  EXPECT_EQ(decode_path("/"), "/");
  EXPECT_EQ(decode_path("/a%20b.js"), "/a b.js");
  for (const char* path : {"", "a", "*", "http://x/", "/..", "/../x", "/a/../x", "/%2e%2e/x", "/a/%2E%2E/x", "//etc",
                           "/.git/config", "/a/./b", "/a%00b", "/a%5c..%5cb", "/%", "/%4", "/%zz", "/a//b"}) {
    EXPECT_FALSE(decode_path(path)) << path;
  }
}

}  // namespace
}  // namespace inferno::server
