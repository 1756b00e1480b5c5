#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"
#include "store/text_export.h"

namespace inferno::store {

// The page of a recording as the studio's build leaves it: complete but for the data.
struct HtmlPage {
  std::string head;  // up to the data …
  std::string tail;  // … and from there on
};

// Errors: kFileNotFound; kInvalidArgument for a file that is no such page.
Result<HtmlPage> read_html_page(const std::filesystem::path& file);

// The session as one page that shows it without a server. Behind the page's own text
// come blocks, each a script element of a type that no browser runs: messages of one
// run, gzipped, in base64. So whatever a model wrote, or a person as a title, is made of
// letters, digits, + / = alone, and none of it can become markup or script.
// docs/recording-format.md describes a block to the byte. `build` is Inferno's version.
// Runs that are going on are left out. Error besides the store's: kWrongState where no
// other is left.
Result<std::unique_ptr<TextExport>> export_html(Store& store, SessionInfo session, HtmlPage page, std::string build);

}  // namespace inferno::store
