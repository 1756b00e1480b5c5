// The rules for paths: an address of the studio's files leads into their folder or
// nowhere, and every route has one handler.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "server/route_table.h"
#include "server/static_files.h"
#include "session/folder_catalog.h"

namespace {

namespace fs = std::filesystem;

constexpr char kSecret[] = "nobody may read this";

fs::path make_folder() {
  const fs::path folder = fs::temp_directory_path() / "inferno-fuzz-paths";
  fs::create_directories(folder / "site/assets");
  std::ofstream(folder / "secret.txt") << kSecret;
  std::ofstream(folder / "site/index.html") << "studio";
  std::ofstream(folder / "site/assets/app.js") << "script";
  std::error_code ignored;
  fs::create_symlink("../secret.txt", folder / "site/link.txt", ignored);
  return folder;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace inferno;
  static const fs::path folder = make_folder();
  static const server::StaticFiles files(folder / "site");
  static session::FolderCatalog catalog({(folder / "site").string()}, {});
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto path = server::decode_path(text)) {
    if (server::route_for(*path).path.empty()) std::abort();
    const auto found = files.find(*path);
    if (found && found->body.find(kSecret) != std::string::npos) std::abort();
  }
  const auto model = catalog.find(text);
  if (!model && model.error().message.empty()) std::abort();
  return 0;
}
