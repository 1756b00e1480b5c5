// The part of Store that lists, changes and deletes.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/utf8.h"
#include "store/recording_schema.h"
#include "store/store.h"

namespace inferno::store {

namespace {

// Texts are cut, because in a file from elsewhere one model's name may be as long as the file, and is read per run.
#define INFERNO_RUNS_OF(replay)                                                                                 \
  "SELECT run.id, parent, fork_position, state, created_ms, substr(identity, 1, 4000), substr(name, 1, 4000), " \
  "substr(path, 1, 4096), size_bytes, substr(engine_build, 1, 1000), substr(prompt, 1, 200), "                  \
  "substr(finished, 1, 1000), last_seq, n_prompt, n_generated, substr(not_recorded, 1, 4000), " replay          \
  " FROM run JOIN model ON model.id = run.model WHERE session = ? ORDER BY run.id"

constexpr std::size_t kPromptShown = 200;
constexpr std::uint32_t kMaxSessionsListed = 1000;

Error no_session(std::int64_t id) {
  return {ErrorCode::kInvalidArgument, fmt::format("There is no session {}.", id), "It may have been deleted."};
}

Error too_long(std::string_view what, std::size_t limit) {
  return {ErrorCode::kTooLarge, fmt::format("{} may have at most {} bytes.", what, limit), ""};
}

RunState state_of(const std::string& text) {
  if (text == "running") return RunState::kRunning;
  return text == "finished" ? RunState::kFinished : RunState::kInterrupted;
}

// Text to be found anywhere, for LIKE with '\' as escape.
std::string pattern_of(const std::string& text) {
  std::string pattern = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return pattern + "%";
}

Result<void> check_change(const SessionChange& change) {
  if (change.title && change.title->size() > Store::kMaxTitleBytes) return too_long("A title", Store::kMaxTitleBytes);
  if (change.note && change.note->size() > Store::kMaxNoteBytes) return too_long("A note", Store::kMaxNoteBytes);
  for (const auto& text : {change.title, change.note}) {
    if (text && !is_utf8(*text)) return Error{ErrorCode::kInvalidArgument, "The text is not valid UTF-8.", ""};
  }
  if (!change.tags) return {};
  if (change.tags->size() > Store::kMaxTags)
    return Error{ErrorCode::kTooLarge, fmt::format("A session may have at most {} tags.", Store::kMaxTags), ""};
  for (const std::string& tag : *change.tags) {
    if (tag.size() > Store::kMaxTagBytes) return too_long("A tag", Store::kMaxTagBytes);
    if (tag.empty() || !is_utf8(tag))
      return Error{ErrorCode::kInvalidArgument, "A tag is a text of one character or more.", ""};
  }
  return {};
}

}  // namespace

Result<SessionInfo> without_running(SessionInfo session) {
  const std::uint32_t first = session.runs.empty() ? 0 : session.runs.front().id;
  std::erase_if(session.runs, [](const RunInfo& run) { return run.state == RunState::kRunning; });
  if (!session.runs.empty()) return session;
  return Error{ErrorCode::kWrongState, fmt::format("Run {} is going on.", first), "Export it when it has ended."};
}

Result<std::vector<SessionInfo>> Store::sessions(const SessionQuery& query) {
  std::vector<std::int64_t> ids;
  {
    Query find(database_,
               "SELECT id FROM session WHERE id < coalesce(?1, 9223372036854775807) "
               "AND (?2 = '' OR EXISTS (SELECT 1 FROM tag WHERE session = session.id AND tag = ?2)) "
               "AND (?3 = '%%' OR title LIKE ?3 ESCAPE '\\' OR note LIKE ?3 ESCAPE '\\' "
               "OR EXISTS (SELECT 1 FROM tag WHERE session = session.id AND tag LIKE ?3 ESCAPE '\\') "
               "OR EXISTS (SELECT 1 FROM run JOIN model ON model.id = run.model WHERE run.session = session.id "
               "AND (run.prompt LIKE ?3 ESCAPE '\\' OR model.name LIKE ?3 ESCAPE '\\')) "
               "OR (?4 AND EXISTS (SELECT 1 FROM run JOIN chunk ON chunk.run = run.id "
               "WHERE run.session = session.id AND chunk.text LIKE ?3 ESCAPE '\\'))) "
               "ORDER BY id DESC LIMIT ?5");
    const std::string pattern = pattern_of(query.text);
    find.bind(1, query.before).bind(2, std::string_view(query.tag)).bind(3, std::string_view(pattern));
    find.bind(4, query.in_generated_text).bind(5, std::min(query.limit, kMaxSessionsListed));
    while (true) {
      const auto row = find.step();
      if (!row) return row.error();
      if (!*row) break;
      ids.push_back(find.number(0));
    }
  }
  std::vector<SessionInfo> found;
  for (const std::int64_t id : ids) {
    auto info = session(id);
    if (!info) return info.error();
    found.push_back(std::move(*info));
  }
  return found;
}

Result<SessionInfo> Store::session(std::int64_t id) {
  SessionInfo out;
  {
    Query find(
        database_,
        "SELECT id, uuid, title, note, created_ms, coalesce((SELECT sum(length(data) + length(steps) + "
        "length(CAST(text AS BLOB))) FROM chunk JOIN run ON run.id = chunk.run WHERE run.session = session.id), 0) "
        "FROM session WHERE id = ?");
    const auto row = find.bind(1, id).step();
    if (!row) return row.error();
    if (!*row) return no_session(id);
    out.id = find.number(0);
    out.uuid = find.text(1);
    out.title = find.text(2);
    out.note = find.text(3);
    out.created_ms = find.number(4);
    out.n_bytes = static_cast<std::uint64_t>(find.number(5));
  }
  auto tags = tags_of(id);
  if (!tags) return tags.error();
  out.tags = std::move(*tags);
  auto runs = runs_of(id);
  if (!runs) return runs.error();
  out.runs = std::move(*runs);
  return out;
}

Result<std::vector<std::string>> Store::tags_of(std::int64_t session) {
  std::vector<std::string> tags;
  Query find(database_, "SELECT tag FROM tag WHERE session = ? ORDER BY tag");
  find.bind(1, session);
  while (true) {
    const auto row = find.step();
    if (!row) return row.error();
    if (!*row) return tags;
    tags.push_back(find.text(0));
  }
}

Result<std::vector<RunInfo>> Store::runs_of(std::int64_t session) {
  std::vector<RunInfo> runs;
  Query find(database_, version_ < 2 ? INFERNO_RUNS_OF("0") : INFERNO_RUNS_OF("replay"));
  find.bind(1, session);
  while (true) {
    const auto row = find.step();
    if (!row) return row.error();
    if (!*row) return runs;
    RunInfo& run = runs.emplace_back();
    const auto number = [&](int column) { return static_cast<std::uint32_t>(find.number(column)); };
    run.id = number(0);
    run.session = session;
    if (!find.is_null(1)) run.parent = number(1);
    if (!find.is_null(2)) run.fork_position = number(2);
    run.state = state_of(find.text(3));
    run.created_ms = find.number(4);
    run.model = {find.text(5), find.text(6), find.text(7), static_cast<std::uint64_t>(find.number(8))};
    run.engine_build = find.text(9);
    run.prompt = std::string(utf8_prefix(find.text(10), kPromptShown));
    run.finished = find.text(11);
    run.last_seq = number(12);
    run.n_prompt = number(13);
    run.n_generated = number(14);
    run.not_recorded = find.text(15);
    run.replay = find.number(16) != 0;
    // Of a run that is going on, this process knows more than the last chunk.
    const auto open = open_.find(run.id);
    if (open == open_.end()) continue;
    run.last_seq = open->second.last_seq;
    run.n_prompt = open->second.n_prompt;
    run.n_generated = open->second.n_generated;
  }
}

Result<void> Store::change_session(std::int64_t id, const SessionChange& change) {
  if (auto sound = check_change(change); !sound) return sound;
  if (auto there = session(id); !there) return there.error();
  Transaction transaction(database_);
  if (change.title) {
    Query update(database_, "UPDATE session SET title = ? WHERE id = ?");
    if (auto done = update.bind(1, std::string_view(*change.title)).bind(2, id).run(); !done) return done;
  }
  if (change.note) {
    Query update(database_, "UPDATE session SET note = ? WHERE id = ?");
    if (auto done = update.bind(1, std::string_view(*change.note)).bind(2, id).run(); !done) return done;
  }
  if (change.tags) {
    Query clear(database_, "DELETE FROM tag WHERE session = ?");
    if (auto done = clear.bind(1, id).run(); !done) return done;
    for (const std::string& tag : *change.tags) {
      Query insert(database_, "INSERT OR IGNORE INTO tag(session, tag) VALUES(?, ?)");
      if (auto done = insert.bind(1, id).bind(2, std::string_view(tag)).run(); !done) return done;
    }
  }
  return transaction.commit();
}

Result<void> Store::delete_run(std::uint32_t id) {
  std::int64_t session = 0;
  {
    Query find(database_, "SELECT session, state FROM run WHERE id = ?");
    const auto row = find.bind(1, id).step();
    if (!row) return row.error();
    if (!*row) return Error{ErrorCode::kNoSuchRun, fmt::format("There is no run {}.", id), ""};
    if (find.text(1) == "running")
      return Error{ErrorCode::kWrongState, fmt::format("Run {} is going on.", id), "Stop it first."};
    session = find.number(0);
  }
  Transaction transaction(database_);
  Query messages(database_, "DELETE FROM message WHERE id > ?1 << 32 AND id < (?1 + 1) << 32");
  if (auto done = messages.bind(1, id).run(); !done) return done;
  Query run(database_, "DELETE FROM run WHERE id = ?");
  if (auto done = run.bind(1, id).run(); !done) return done;
  Query emptied(database_, "DELETE FROM session WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM run WHERE session = ?1)");
  if (auto done = emptied.bind(1, session).run(); !done) return done;
  Query models(database_, "DELETE FROM model WHERE NOT EXISTS (SELECT 1 FROM run WHERE run.model = model.id)");
  if (auto done = models.run(); !done) return done;
  if (auto done = transaction.commit(); !done) return done;
  open_.erase(id);
  vocabularies_.clear();  // that of a deleted model must not be used for a new one with its id
  return database_.execute("PRAGMA incremental_vacuum");
}

Result<void> Store::delete_session(std::int64_t id) {
  const auto info = session(id);
  if (!info) return info.error();
  for (const RunInfo& run : info->runs) {
    if (run.state == RunState::kRunning)
      return Error{ErrorCode::kWrongState, fmt::format("Run {} is going on.", run.id), "Stop it first."};
  }
  for (const RunInfo& run : info->runs) {
    if (auto done = delete_run(run.id); !done) return done;
  }
  return {};
}

Result<std::uint32_t> Store::retain(const Retention& retention, std::int64_t now_ms) {
  std::uint32_t n_deleted = 0;
  std::vector<std::pair<std::int64_t, std::int64_t>> oldest;  // id, created
  {
    Query find(database_,
               "SELECT id, created_ms FROM session WHERE NOT EXISTS "
               "(SELECT 1 FROM run WHERE session = session.id AND state = 'running') ORDER BY created_ms, id");
    while (true) {
      const auto row = find.step();
      if (!row) return row.error();
      if (!*row) break;
      oldest.emplace_back(find.number(0), find.number(1));
    }
  }
  for (const auto& [id, created_ms] : oldest) {
    const auto used = database_.number(
        "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count, "
        "pragma_page_size");
    if (!used) return used.error();
    const bool too_old = retention.max_age_ms > 0 && now_ms - created_ms > retention.max_age_ms;
    const bool too_many = retention.max_bytes > 0 && static_cast<std::uint64_t>(*used) > retention.max_bytes;
    if (!too_old && !too_many) break;
    if (auto done = delete_session(id); !done) return done.error();
    ++n_deleted;
  }
  return n_deleted;
}

Result<std::vector<std::string>> Store::check() {
  std::vector<std::string> problems;
  for (const char* sql : {"PRAGMA integrity_check", "PRAGMA foreign_key_check"}) {
    Query pragma(database_, sql);
    while (true) {
      const auto row = pragma.step();
      if (!row) return row.error();
      if (!*row) break;
      if (pragma.text(0) != "ok") problems.push_back(pragma.text(0));
    }
  }
  return problems;
}

std::uint64_t Store::file_bytes() {
  const auto bytes = database_.number("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size");
  return bytes ? static_cast<std::uint64_t>(*bytes) : 0;
}

}  // namespace inferno::store
