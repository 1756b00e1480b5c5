#include "store/session_copy.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/utf8.h"
#include "store/recording_schema.h"

namespace inferno::store {

namespace {

constexpr std::size_t kMaxNameBytes = 4096;
constexpr std::size_t kUuidDigits = 32;

Error malformed(std::string what) { return {ErrorCode::kMalformedMessage, std::move(what), ""}; }

// A name from another file: cut, and empty where it is no text.
std::string name_of(const std::string& text) {
  return is_utf8(text) ? std::string(utf8_prefix(text, kMaxNameBytes)) : std::string();
}

// The parent as it is called here; absent where it was not copied.
Bytes with_parent(const protocol::Envelope& envelope, const std::map<std::uint32_t, std::uint32_t>& runs) {
  protocol::RunStartedT started;
  envelope.body_as_RunStarted()->UnPackTo(&started);
  const auto parent = runs.find(*started.parent);
  started.parent.reset();
  if (parent != runs.end()) started.parent = parent->second;
  return protocol::make_envelope(0, envelope.run(), envelope.seq(), std::move(started));
}

bool is_uuid(const std::string& text) {
  return text.size() == kUuidDigits && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

}  // namespace

Result<std::unique_ptr<Store>> SessionCopy::make_file(const std::filesystem::path& file) {
  auto database = Database::open(file, Database::Mode::kOwn);
  if (!database) return database.error();
  if (auto made = migrate(*database); !made) return made.error();
  return std::unique_ptr<Store>(new Store(std::move(*database), std::nullopt));
}

Result<std::unique_ptr<Store>> SessionCopy::open_untrusted(const std::filesystem::path& file, std::int64_t max_ms) {
  auto database = Database::open(file, Database::Mode::kUntrusted);
  if (!database) return database.error();
  database->set_deadline(max_ms);
  const auto version = check_exact_schema(*database);
  if (!version) return version.error();
  std::unique_ptr<Store> store(new Store(std::move(*database), std::nullopt, *version));
  Query check(store->database_, "PRAGMA quick_check(1)");
  const auto row = check.step();
  if (!row) return row.error();
  if (!*row || check.text(0) != "ok") return malformed("The file is damaged.");
  return store;
}

Result<std::int64_t> SessionCopy::copy(const SessionInfo& session) {
  std::optional<std::int64_t> id;
  session_uuid_ = name_of(session.uuid);
  for (const RunInfo& run : session.runs) {
    if (!id) {
      auto made = into_.new_session(std::max<std::int64_t>(session.created_ms, 0));
      if (!made) return made.error();
      id = *made;
    }
    auto copied = copy_run(run, *id);
    if (!copied) return copied.error();
    runs_[run.id] = *copied;
  }
  if (!id) return malformed("A session of the file has no runs.");
  if (auto done = take_identity(session, *id); !done) return done.error();
  return *id;
}

// A file may claim anything of a model that other sessions were recorded with, its
// tokens' texts included.
std::string SessionCopy::model_identity(const std::string& identity) const {
  if (models_ == Models::kSame) return identity;
  return fmt::format("imported:{}:{}", session_uuid_, identity);
}

Result<void> SessionCopy::take_identity(const SessionInfo& session, std::int64_t id) {
  if (!is_uuid(session.uuid)) return malformed("A session of the file has no identity.");
  {
    Query there(into_.database_, "SELECT title FROM session WHERE uuid = ?");
    const auto row = there.bind(1, std::string_view(session.uuid)).step();
    if (!row) return row.error();
    if (*row) {
      return Error{ErrorCode::kInvalidArgument, fmt::format("The session '{}' is here already.", there.text(0)),
                   "Delete it first to import it again."};
    }
  }
  Query update(into_.database_, "UPDATE session SET uuid = ? WHERE id = ?");
  if (auto done = update.bind(1, std::string_view(session.uuid)).bind(2, id).run(); !done) return done;
  return into_.change_session(id, {session.title, session.note, session.tags});
}

Result<std::uint32_t> SessionCopy::copy_run(const RunInfo& run, std::int64_t session) {
  NewRun copy;
  copy.session = session;
  const auto parent = run.parent ? runs_.find(*run.parent) : runs_.end();
  if (parent != runs_.end()) copy.parent = parent->second;
  copy.fork_position = run.fork_position;
  copy.replay = run.replay;
  copy.model = {model_identity(name_of(run.model.identity)), name_of(run.model.name), name_of(run.model.path),
                std::min<std::uint64_t>(run.model.size_bytes, INT64_MAX)};
  copy.engine_build = name_of(run.engine_build);
  copy.created_ms = std::max<std::int64_t>(run.created_ms, 0);
  auto request = from_.request(run.id);
  if (!request) return request.error();
  auto sound = protocol::verify_envelope(*request);
  if (!sound) return sound.error();
  if ((*sound)->body_type() != protocol::Body::StartRun) return malformed("A run of the file has no request.");
  copy.request = std::move(*request);
  auto id = into_.begin_run(copy);
  if (!id) return id;
  runs_[run.id] = *id;
  if (auto done = copy_messages(run.id, *id); !done) return done.error();
  if (!ended_) return malformed("A run of the file has no end.");
  if (run.state == RunState::kInterrupted) {
    Query update(into_.database_, "UPDATE run SET state = 'interrupted' WHERE id = ?");
    if (auto done = update.bind(1, *id).run(); !done) return done.error();
  }
  while (into_.open_.count(*id) != 0) {
    if (auto done = into_.compact_some(); !done) return done.error();
  }
  return *id;
}

Result<void> SessionCopy::copy_messages(std::uint32_t from, std::uint32_t to) {
  std::uint32_t after = 0;
  ended_ = false;
  while (true) {
    if (std::chrono::steady_clock::now() > deadline_)
      return Error{ErrorCode::kTimeout, "Copying the recording took too long.", ""};
    const auto messages = from_.read_as(from, after, to);
    if (!messages) return messages.error();
    if (messages->empty()) return {};
    if (auto done = take_over(*messages, to); !done) return done;
    after += static_cast<std::uint32_t>(messages->size());
  }
}

Result<void> SessionCopy::take_over(std::span<const Bytes> messages, std::uint32_t run) {
  std::vector<std::span<const std::uint8_t>> sound;
  Bytes renamed;  // of at most one message: a run starts once
  for (const Bytes& message : messages) {
    const auto envelope = protocol::verify_envelope(message, protocol::kMaxFrameBytes);
    if (!envelope) return envelope.error();
    if (!is_run_message((*envelope)->body_type()))
      return malformed("The file has a message that belongs to no run's record.");
    const auto* started = (*envelope)->body_as_RunStarted();
    if (started != nullptr && started->parent() && renamed.empty()) {
      renamed = with_parent(**envelope, runs_);
      sound.emplace_back(renamed);
    } else {
      sound.emplace_back(message);
    }
    ended_ = (*envelope)->body_type() == protocol::Body::Finished;
  }
  if (auto done = into_.append(run, sound); !done) return done;
  const auto compacted = into_.compact_some();
  return compacted ? Result<void>() : Result<void>(compacted.error());
}

void SessionCopy::forget() {
  for (const auto& [there, here] : runs_) into_.open_.erase(here);
  into_.vocabularies_.clear();
}

}  // namespace inferno::store
