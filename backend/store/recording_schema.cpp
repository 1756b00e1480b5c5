#include "store/recording_schema.h"

#include <fmt/format.h>

#include <array>
#include <map>
#include <string>
#include <string_view>

namespace inferno::store {

namespace {

struct Object {
  const char* name;
  const char* sql;
};

// Version 1. Written as SQLite keeps it in sqlite_master, which is compared with it.
constexpr std::array kVersion1 = {
    Object{"model",
           "CREATE TABLE model(id INTEGER PRIMARY KEY, identity TEXT NOT NULL UNIQUE, name TEXT NOT NULL, "
           "path TEXT NOT NULL, size_bytes INTEGER NOT NULL) STRICT"},
    Object{"vocabulary",
           "CREATE TABLE vocabulary(model INTEGER NOT NULL REFERENCES model ON DELETE CASCADE, token INTEGER NOT NULL, "
           "text BLOB NOT NULL, is_text INTEGER NOT NULL, kind INTEGER NOT NULL, PRIMARY KEY(model, token)) STRICT, "
           "WITHOUT ROWID"},
    Object{"session",
           "CREATE TABLE session(id INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL UNIQUE, "
           "title TEXT NOT NULL, note TEXT NOT NULL, created_ms INTEGER NOT NULL) STRICT"},
    Object{"tag",
           "CREATE TABLE tag(session INTEGER NOT NULL REFERENCES session ON DELETE CASCADE, tag TEXT NOT NULL, "
           "PRIMARY KEY(session, tag)) STRICT, WITHOUT ROWID"},
    Object{
        "run",
        "CREATE TABLE run(id INTEGER PRIMARY KEY AUTOINCREMENT, session INTEGER NOT NULL REFERENCES session ON DELETE "
        "CASCADE, parent INTEGER REFERENCES run ON DELETE SET NULL, fork_position INTEGER, model INTEGER NOT NULL "
        "REFERENCES model, state TEXT NOT NULL CHECK(state IN ('running', 'finished', 'interrupted')), created_ms "
        "INTEGER NOT NULL, engine_build TEXT NOT NULL, prompt TEXT NOT NULL, request BLOB NOT NULL, started TEXT, "
        "finished TEXT, last_seq INTEGER NOT NULL DEFAULT 0, n_prompt INTEGER NOT NULL DEFAULT 0, n_generated INTEGER "
        "NOT NULL DEFAULT 0, "
        "sum_logprob REAL NOT NULL DEFAULT 0, not_recorded TEXT) STRICT"},
    Object{"run_by_session", "CREATE INDEX run_by_session ON run(session)"},
    Object{"message", "CREATE TABLE message(id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT"},
    Object{
        "chunk",
        "CREATE TABLE chunk(id INTEGER PRIMARY KEY, run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE, first_seq "
        "INTEGER NOT NULL, last_seq INTEGER NOT NULL, first_position INTEGER, n_steps INTEGER NOT NULL, steps TEXT NOT "
        "NULL, text TEXT NOT NULL, data BLOB NOT NULL, UNIQUE(run, first_seq)) STRICT"},
};

// Since version 2 a run says whether it is a replay.
constexpr const char* kReplayColumn = "replay INTEGER NOT NULL DEFAULT 0";

// SQLite writes an added column behind the last one.
std::string sql_of(const Object& object, int version) {
  std::string sql = object.sql;
  if (version >= 2 && std::string_view(object.name) == "run")
    sql.insert(sql.rfind(") STRICT"), fmt::format(", {}", kReplayColumn));
  return sql;
}

Error newer(std::int64_t version) {
  return {ErrorCode::kUnsupportedVersion,
          fmt::format("The recordings are of version {}; this version of Inferno knows {}.", version, kSchemaVersion),
          "Use a newer version of Inferno. The file was left as it is."};
}

Error foreign() {
  return {ErrorCode::kMalformedMessage, "The file is an SQLite database, but not a recording of Inferno.", ""};
}

Result<void> to_version_1(Database& database) {
  auto done = database.execute(fmt::format("PRAGMA application_id={}", kApplicationId));
  for (const Object& object : kVersion1) {
    if (done) done = database.execute(object.sql);
  }
  return done;
}

Result<void> to_version_2(Database& database) {
  return database.execute(fmt::format("ALTER TABLE run ADD COLUMN {}", kReplayColumn));
}

Result<std::int64_t> version_of(Database& database) {
  const auto application = database.number("PRAGMA application_id");
  if (!application) return application.error();
  const auto version = database.number("PRAGMA user_version");
  if (!version) return version.error();
  if (*application != kApplicationId) {
    const auto n_objects = database.number("SELECT count(*) FROM sqlite_master");
    if (!n_objects) return n_objects.error();
    if (*n_objects > 0 || *version != 0) return foreign();
    return 0;
  }
  if (*version > kSchemaVersion) return newer(*version);
  return *version;
}

}  // namespace

Result<void> migrate(Database& database) {
  using Migration = Result<void> (*)(Database&);
  constexpr std::array<Migration, kSchemaVersion> kMigrations = {&to_version_1, &to_version_2};
  const auto version = version_of(database);
  if (!version) return version.error();
  for (auto next = static_cast<std::size_t>(*version); next < kMigrations.size(); ++next) {
    Transaction transaction(database);
    if (auto done = kMigrations[next](database); !done) return done;
    if (auto done = database.execute(fmt::format("PRAGMA user_version={}", next + 1)); !done) return done;
    if (auto done = transaction.commit(); !done) return done;
  }
  return {};
}

Result<int> check_exact_schema(Database& database) {
  const auto found_version = version_of(database);
  if (!found_version) return found_version.error();
  const int version = static_cast<int>(*found_version);
  if (version < 1) return foreign();
  std::map<std::string, std::string> expected;
  for (const Object& object : kVersion1) expected[object.name] = sql_of(object, version);
  Query objects(database, "SELECT name, sql FROM sqlite_master LIMIT 100");
  while (true) {
    const auto row = objects.step();
    if (!row) return row.error();
    if (!*row) break;
    const std::string name = objects.text(0), sql = objects.text(1);
    if (objects.is_null(1) && name.starts_with("sqlite_autoindex_")) continue;
    if (name == "sqlite_sequence" && sql == "CREATE TABLE sqlite_sequence(name,seq)") continue;
    const auto found = expected.find(name);
    if (found == expected.end() || found->second != sql) return foreign();
    expected.erase(found);
  }
  return expected.empty() ? Result<int>(version) : Result<int>(foreign());
}

}  // namespace inferno::store
