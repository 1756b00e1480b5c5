#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace inferno::session {

struct CatalogFile {
  std::string path;              // absolute, resolved
  std::string name;              // relative to its folder; the file's name where it is in none
  std::uint64_t size_bytes = 0;  // all shards of a split model together
  std::int64_t modified_s = 0;   // since 1970
};

// The model files a person may choose from. Looks at folders and file names only:
// nothing here reads a model file (that is for an engine process alone).
class ModelCatalog {
 public:
  virtual ~ModelCatalog() = default;
  virtual std::vector<CatalogFile> files() = 0;
  virtual std::vector<std::string> folders() const = 0;
  // A path as a person gives it: absolute, or relative to one of the folders or to
  // the working directory. Errors: kFileNotFound; kInvalidArgument for what is not a
  // regular file.
  virtual Result<CatalogFile> find(const std::string& path) = 0;
};

}  // namespace inferno::session
