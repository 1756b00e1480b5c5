#include "session/folder_catalog.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

namespace inferno::session {
namespace {

namespace fs = std::filesystem;

class FolderCatalogTest : public ::testing::Test {
 protected:
  FolderCatalogTest() {
    std::string pattern = (fs::temp_directory_path() / "inferno-catalog-XXXXXX").string();
    root_ = fs::canonical(::mkdtemp(pattern.data()));
  }
  ~FolderCatalogTest() override { fs::remove_all(root_); }

  void write(const std::string& name, std::size_t size) {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name) << std::string(size, 'x');
  }
  std::vector<std::string> names() {
    std::vector<std::string> out;
    for (const auto& file : FolderCatalog({root_.string()}).files()) out.push_back(file.name);
    return out;
  }

  fs::path root_;
};

TEST_F(FolderCatalogTest, ListsModelsAndNothingElse) {
  write("b.gguf", 2);
  write("a/deep/er/model.gguf", 3);
  write("1/2/3/4/5/too-deep.gguf", 3);
  write("notes.txt", 1);
  fs::create_directories(root_ / "folder.gguf");
  ::mkfifo((root_ / "pipe.gguf").c_str(), 0600);
  EXPECT_EQ(names(), (std::vector<std::string>{"a/deep/er/model.gguf", "b.gguf"}));
}

TEST_F(FolderCatalogTest, ShowsASplitModelOnceWithItsWholeSize) {
  write("big-00001-of-00003.gguf", 10);
  write("big-00002-of-00003.gguf", 20);
  write("big-00003-of-00003.gguf", 30);
  const auto files = FolderCatalog({root_.string()}).files();
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(files[0].name, "big-00001-of-00003.gguf");
  EXPECT_EQ(files[0].size_bytes, 60u);
}

TEST_F(FolderCatalogTest, FindsByAbsolutePathAndByName) {
  write("a/model.gguf", 3);
  FolderCatalog catalog({root_.string()});
  for (const auto& path :
       {(root_ / "a/model.gguf").string(), std::string("a/model.gguf"), (root_ / "a/../a/model.gguf").string()}) {
    const auto found = catalog.find(path);
    ASSERT_TRUE(found.ok()) << path;
    EXPECT_EQ(found->path, (root_ / "a/model.gguf").string());
    EXPECT_EQ(found->name, "a/model.gguf");
  }
}

TEST_F(FolderCatalogTest, SaysWhatIsNotAFile) {
  ::mkfifo((root_ / "pipe.gguf").c_str(), 0600);
  FolderCatalog catalog({root_.string(), "/nonexistent"});
  EXPECT_EQ(catalog.find("nothing.gguf").error().code, ErrorCode::kFileNotFound);
  EXPECT_EQ(catalog.find(root_.string()).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(catalog.find("pipe.gguf").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(catalog.find("").error().code, ErrorCode::kInvalidArgument);
  EXPECT_TRUE(catalog.files().empty());
}

TEST_F(FolderCatalogTest, OffersANamedModelOnceWhereverItLies) {
  write("models/demo.gguf", 5);
  write("share/demo.gguf", 6);
  FolderCatalog beside({(root_ / "models").string()}, {{"demo", root_ / "share/demo.gguf"}});
  ASSERT_EQ(beside.files().size(), 2u);
  EXPECT_EQ(beside.find("demo")->path, (root_ / "share/demo.gguf").string());
  EXPECT_EQ(beside.find("demo")->name, "demo");
  FolderCatalog inside({(root_ / "models").string()}, {{"demo", root_ / "models/demo.gguf"}});
  ASSERT_EQ(inside.files().size(), 1u);
  EXPECT_EQ(inside.files()[0].name, "demo");
  FolderCatalog absent({(root_ / "models").string()}, {{"demo", root_ / "nowhere.gguf"}});
  EXPECT_EQ(absent.files().size(), 1u);
  EXPECT_FALSE(absent.find("demo").ok());
}

}  // namespace
}  // namespace inferno::session
