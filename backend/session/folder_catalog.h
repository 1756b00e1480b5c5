#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "session/model_catalog.h"

namespace inferno::session {

// A file that is offered under a name of its own, wherever it lies.
struct NamedModel {
  std::string name;
  std::filesystem::path path;
};

// The GGUF files below some folders, at most kMaxDepth folders deep, looked up anew
// with every call. Takes regular files whose names end in .gguf; of a split model
// (name-00001-of-00003.gguf) only the first shard, with the size of all. What cannot
// be read is passed over. Named models come on top, where they exist.
class FolderCatalog final : public ModelCatalog {
 public:
  explicit FolderCatalog(const std::vector<std::string>& folders, std::vector<NamedModel> named = {});

  std::vector<CatalogFile> files() override;
  std::vector<std::string> folders() const override;
  Result<CatalogFile> find(const std::string& path) override;

  static constexpr int kMaxDepth = 4;
  static constexpr std::size_t kMaxFiles = 10'000;

 private:
  std::string name_of(const std::filesystem::path& file) const;

  std::vector<std::filesystem::path> folders_;
  std::vector<NamedModel> named_;
};

}  // namespace inferno::session
