#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "base/utf8.h"
#include "cli/paths.h"
#include "cli/verb.h"
#include "store/html_export.h"
#include "store/portable.h"
#include "store/store.h"
#include "store/text_export.h"

namespace inferno::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kShownBytes = 60;

Error wrong_use(std::string message) { return {ErrorCode::kInvalidArgument, std::move(message), ""}; }

// What came from a file may hold characters that steer a terminal.
std::string plain(std::string text) {
  for (char& c : text) c = (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) ? ' ' : c;
  return text;
}

std::string one_line(const std::string& text) { return plain(std::string(utf8_prefix(text, kShownBytes))); }

std::string date(std::int64_t ms) {
  const std::time_t seconds = ms / 1000;
  std::tm local{};
  if (::localtime_r(&seconds, &local) == nullptr) return "?";
  return fmt::format("{:%Y-%m-%d %H:%M}", local);
}

const char* word_of(store::RunState state) {
  switch (state) {
    case store::RunState::kRunning:
      return "running";
    case store::RunState::kInterrupted:
      return "interrupted";
    default:
      return "finished";
  }
}

void print_line(const store::SessionInfo& session) {
  const auto& first = session.runs.front();
  std::uint64_t n_tokens = 0;
  for (const auto& run : session.runs) n_tokens += run.n_generated;
  fmt::print("{:>6}  {}  {:>7}  {:<11}  {:<20}  {}\n", session.id, date(session.created_ms), n_tokens,
             word_of(first.state), one_line(first.model.name).substr(0, 20),
             one_line(session.title.empty() ? first.prompt : session.title));
}

void print_all(const store::SessionInfo& session) {
  fmt::print("session {}\n", session.id);
  if (!session.title.empty()) fmt::print("title    {}\n", plain(session.title));
  if (!session.note.empty()) fmt::print("note     {}\n", plain(session.note));
  if (!session.tags.empty()) fmt::print("tags     {}\n", plain(fmt::format("{}", fmt::join(session.tags, ", "))));
  fmt::print("created  {}\nsize     {} bytes\n", date(session.created_ms), session.n_bytes);
  for (const auto& run : session.runs) {
    fmt::print("\nrun {}: {}, {} prompt tokens, {} generated\n", run.id, word_of(run.state), run.n_prompt,
               run.n_generated);
    fmt::print("  model   {} ({} bytes)\n  engine  {}\n", plain(run.model.path), run.model.size_bytes,
               plain(run.engine_build));
    fmt::print("  prompt  {}\n", one_line(run.prompt));
    if (run.parent) fmt::print("  branch  of run {} at position {}\n", *run.parent, run.fork_position.value_or(0));
    if (!run.not_recorded.empty()) fmt::print("  the rest is not recorded: {}\n", plain(run.not_recorded));
  }
}

Result<void> write_text(store::TextExport& text, const fs::path& file) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  const Error unwritable{ErrorCode::kInternal, fmt::format("{} cannot be written.", file.string()), ""};
  while (out) {
    const auto piece = text.next();
    if (!piece) return piece.error();
    if (piece->empty()) break;
    out.write(piece->data(), static_cast<std::streamsize>(piece->size()));
  }
  out.close();
  return out ? Result<void>() : unwritable;
}

// The kind of file says what it becomes.
Result<void> export_session_to(store::Store& store, const store::SessionInfo& session, const fs::path& file,
                               const fs::path& ui) {
  const fs::path kind = file.extension();
  if (kind == ".csv") return write_text(*store::export_csv(store, session), file);
  if (kind == ".jsonl") return write_text(*store::export_json_lines(store, session), file);
  if (kind != ".html") return store::export_session(store, session.id, file);
  auto page = store::read_html_page(ui / kRecordingPage);
  if (!page) return page.error();
  const auto text = store::export_html(store, session, std::move(*page), INFERNO_VERSION);
  return text ? write_text(**text, file) : text.error();
}

class SessionsVerb final : public Verb {
 public:
  std::string name() const override { return "sessions"; }
  std::string about() const override { return "List, export, import and delete recordings"; }
  std::vector<std::string_view> sections() const override { return {"recordings"}; }

  std::string help_footer() const override {
    return "Actions:\n"
           "  list [TEXT]          sessions with TEXT in title, note, tags, prompt or model; newest first\n"
           "  show ID              one session with its runs\n"
           "  export ID FILE       as one file: .html (a page that shows it in any browser, without Inferno),\n"
           "                       .jsonl (every message), .csv (a line a token), or anything else: a\n"
           "                       recording that `import` and the sqlite3 shell open\n"
           "  import FILE          a recording exported elsewhere; nothing in the file is trusted\n"
           "  rename ID TITLE      an empty title shows the prompt again\n"
           "  delete ID            for good\n"
           "  check                look for damage\n"
           "\n"
           "Examples:\n"
           "  inferno sessions                           what was recorded\n"
           "  inferno sessions list dragon\n"
           "  inferno sessions export 12 dragon.inferno\n"
           "  inferno sessions export 12 dragon.html     open it in a browser, send it to anyone\n"
           "\n"
           "`import`, `rename` and `delete` need the recordings for themselves: not while a server records.\n"
           "docs/recording-format.md describes the file, with queries for the sqlite3 shell.";
  }

  void add_options(CLI::App& app) override {
    app.add_option("action", action_, "list (the default), show, export, import, rename, delete or check")
        ->type_name("ACTION")
        ->check(CLI::IsMember({"list", "show", "export", "import", "rename", "delete", "check"}));
    app.add_option("arguments", arguments_, "Of the action")->type_name("...");
  }

  int run(const Program& program) override {
    const auto done = act(program);
    return done ? kOk : fail(done.error());
  }

 private:
  Result<void> act(const Program& program) {
    ui_ = program.paths.ui;
    const auto folder = data_folder(program.settings.recordings);
    if (!folder) return folder.error();
    const bool writes = action_ == "import" || action_ == "rename" || action_ == "delete";
    auto store = writes ? store::Store::open(*folder) : store::Store::open_to_read(*folder);
    if (!store) {
      if (store.error().code != ErrorCode::kFileNotFound || action_ != "list") return store.error();
      fmt::print("Nothing has been recorded in {} yet.\n", folder->string());
      return {};
    }
    return act(**store);
  }

  Result<void> act(store::Store& store) {
    if (action_ == "list") return list(store);
    if (action_ == "check") return check(store);
    if (action_ == "import") return import(store);
    if (arguments_.empty()) return wrong_use("Which session? `inferno sessions` lists them.");
    std::int64_t id = 0;
    if (!CLI::detail::lexical_cast(arguments_[0], id))
      return wrong_use(fmt::format("'{}' is not the number of a session.", arguments_[0]));
    const auto session = store.session(id);
    if (!session) return session.error();
    if (action_ == "show") return print_all(*session), Result<void>();
    if (action_ == "delete") return store.delete_session(id);
    if (arguments_.size() != 2)
      return wrong_use(action_ == "rename" ? "Give the session and its new title." : "Give the session and a file.");
    if (action_ == "rename") return store.change_session(id, {arguments_[1], {}, {}});
    return export_session_to(store, *session, arguments_[1], ui_);
  }

  Result<void> list(store::Store& store) {
    store::SessionQuery query;
    query.text = arguments_.empty() ? "" : arguments_[0];
    fmt::print("{:>6}  {:<16}  {:>7}  {:<11}  {:<20}  {}\n", "ID", "RECORDED", "TOKENS", "STATE", "MODEL", "TITLE");
    while (true) {
      const auto sessions = store.sessions(query);
      if (!sessions) return sessions.error();
      if (sessions->empty()) return {};
      for (const auto& session : *sessions) {
        query.before = session.id;
        if (!session.runs.empty()) print_line(session);
      }
    }
  }

  static Result<void> check(store::Store& store) {
    const auto problems = store.check();
    if (!problems) return problems.error();
    for (const std::string& problem : *problems) fmt::print("{}\n", problem);
    if (problems->empty()) return fmt::print("The recordings are sound.\n"), Result<void>();
    return Error{ErrorCode::kMalformedMessage, "The recordings are damaged.", "Export what can still be read."};
  }

  Result<void> import(store::Store& store) {
    if (arguments_.size() != 1) return wrong_use("Give the file to import.");
    const auto sessions = store::import_sessions(store, arguments_[0]);
    if (!sessions) return sessions.error();
    for (const std::int64_t id : *sessions) fmt::print("Imported as session {}.\n", id);
    return {};
  }

  std::string action_ = "list";
  std::vector<std::string> arguments_;
  fs::path ui_;  // the studio's files
};

}  // namespace

std::unique_ptr<Verb> make_sessions_verb() { return std::make_unique<SessionsVerb>(); }

}  // namespace inferno::cli
