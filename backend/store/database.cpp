#include "store/database.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <chrono>
#include <system_error>
#include <utility>

namespace inferno::store {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr int kBusyTimeoutMs = 2000;
constexpr int kInstructionsPerCheck = 20'000;
// Limits for files from anywhere; a chunk is a few hundred kilobytes.
constexpr int kMaxUntrustedValueBytes = 64 << 20;
constexpr int kMaxUntrustedSqlBytes = 20'000;

// Characters that mean something in a file: address.
std::string address_of(const fs::path& path, const char* options) {
  std::string out = "file:";
  for (const char c : path.string()) {
    if (c == '%' || c == '?' || c == '#') {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + options;
}

void limit_untrusted(sqlite3* db) {
  sqlite3_limit(db, SQLITE_LIMIT_LENGTH, kMaxUntrustedValueBytes);
  sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, kMaxUntrustedSqlBytes);
  sqlite3_limit(db, SQLITE_LIMIT_COLUMN, 100);
  sqlite3_limit(db, SQLITE_LIMIT_EXPR_DEPTH, 50);
  sqlite3_limit(db, SQLITE_LIMIT_COMPOUND_SELECT, 3);
  sqlite3_limit(db, SQLITE_LIMIT_VDBE_OP, 25'000);
  sqlite3_limit(db, SQLITE_LIMIT_FUNCTION_ARG, 8);
  sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
  sqlite3_limit(db, SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 50);
  sqlite3_limit(db, SQLITE_LIMIT_VARIABLE_NUMBER, 32);
  sqlite3_limit(db, SQLITE_LIMIT_TRIGGER_DEPTH, 1);
  sqlite3_limit(db, SQLITE_LIMIT_WORKER_THREADS, 0);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
}

}  // namespace

struct Database::Handles {
  sqlite3* db = nullptr;
  std::map<const char*, sqlite3_stmt*> statements;
  std::optional<Clock::time_point> deadline;

  ~Handles() {
    for (const auto& [sql, statement] : statements) sqlite3_finalize(statement);
    sqlite3_close_v2(db);
  }
  static int is_over(void* self) {
    const auto& deadline = static_cast<Handles*>(self)->deadline;
    return deadline && Clock::now() > *deadline ? 1 : 0;
  }
};

Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

Result<Database> Database::open(const fs::path& path, Mode mode) {
  std::error_code ec;
  const bool exists = fs::exists(path, ec);
  if (exists && !fs::is_regular_file(path, ec)) {
    return Error{ErrorCode::kInvalidArgument, fmt::format("{} is not a file.", path.string()), ""};
  }
  if (mode != Mode::kOwn && !exists) {
    return Error{ErrorCode::kFileNotFound, fmt::format("There is no file {}.", path.string()), ""};
  }
  Database database;
  database.handles_ = std::make_unique<Handles>();
  const int flags = (mode == Mode::kOwn ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY) |
                    SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE;
  const std::string address = address_of(fs::absolute(path, ec), mode == Mode::kUntrusted ? "?immutable=1" : "");
  sqlite3*& db = database.handles_->db;
  const int code = sqlite3_open_v2(address.c_str(), &db, flags, nullptr);
  if (code != SQLITE_OK) return database.error(code, fmt::format("Opening {}", path.string()));
  sqlite3_busy_timeout(db, kBusyTimeoutMs);
  sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_progress_handler(db, kInstructionsPerCheck, &Handles::is_over, database.handles_.get());
  if (mode == Mode::kUntrusted) limit_untrusted(db);
  auto set = database.execute("PRAGMA cell_size_check=ON; PRAGMA mmap_size=0; PRAGMA foreign_keys=ON");
  if (!set) return set.error();
  return database;
}

void Database::set_deadline(std::int64_t ms) { handles_->deadline = Clock::now() + std::chrono::milliseconds(ms); }

std::int64_t Database::last_row() const { return sqlite3_last_insert_rowid(handles_->db); }

Error Database::error(int code, std::string_view action) const {
  const auto say = [&](ErrorCode kind, std::string_view what, std::string hint) {
    return Error{kind, fmt::format("{} failed: {}.", action, what), std::move(hint)};
  };
  switch (code & 0xFF) {
    case SQLITE_FULL:
      return say(ErrorCode::kInternal, "the disk is full", "Free some space, or delete recordings.");
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      return say(ErrorCode::kInternal, "the file or its folder cannot be opened or written",
                 "Check the rights of the folder, or choose another one.");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
      return say(ErrorCode::kMalformedMessage, "the file is damaged or not a recording", "");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return say(ErrorCode::kWrongState, "another program uses the recordings", "Try again when it has ended.");
    case SQLITE_INTERRUPT:
      return say(ErrorCode::kTimeout, "it took too long", "");
    case SQLITE_NOMEM:
      return say(ErrorCode::kNotEnoughMemory, "there is not enough memory", "");
    case SQLITE_TOOBIG:
      return say(ErrorCode::kTooLarge, "a value is too large", "");
    case SQLITE_IOERR:
      return say(ErrorCode::kInternal, fmt::format("the disk reports an error ({})", sqlite3_errstr(code)), "");
    default:
      return say(ErrorCode::kInternal, handles_->db != nullptr ? sqlite3_errmsg(handles_->db) : sqlite3_errstr(code),
                 "");
  }
}

Result<void> Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(handles_->db, sql.c_str(), nullptr, nullptr, nullptr);
  if (code == SQLITE_OK) return {};
  return error(code, "Using the recordings");
}

Result<std::int64_t> Database::number(const std::string& sql) {
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v2(handles_->db, sql.c_str(), -1, &statement, nullptr);
  if (code == SQLITE_OK) code = sqlite3_step(statement);
  const std::int64_t value = code == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
  sqlite3_finalize(statement);
  if (code == SQLITE_ROW || code == SQLITE_DONE) return value;
  return error(code, "Reading the recordings");
}

Query::Query(Database& database, const char* sql) : database_(database) {
  auto& statement = database.handles_->statements[sql];
  if (statement == nullptr)
    code_ = sqlite3_prepare_v3(database.handles_->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  statement_ = statement;
}

Query::~Query() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

Query& Query::bind_number(int at, std::int64_t value) {
  if (code_ == SQLITE_OK) code_ = sqlite3_bind_int64(statement_, at, value);
  return *this;
}

Query& Query::bind(int at, double value) {
  if (code_ == SQLITE_OK) code_ = sqlite3_bind_double(statement_, at, value);
  return *this;
}

Query& Query::bind(int at, std::string_view text) {
  // A null pointer would bind NULL instead of an empty text.
  const char* data = text.data() == nullptr ? "" : text.data();
  if (code_ == SQLITE_OK) code_ = sqlite3_bind_text64(statement_, at, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
  return *this;
}

Query& Query::bind(int at, std::span<const std::uint8_t> blob) {
  if (code_ == SQLITE_OK) {
    code_ = blob.empty() ? sqlite3_bind_zeroblob(statement_, at, 0)
                         : sqlite3_bind_blob64(statement_, at, blob.data(), blob.size(), SQLITE_STATIC);
  }
  return *this;
}

Query& Query::bind_null(int at) {
  if (code_ == SQLITE_OK) code_ = sqlite3_bind_null(statement_, at);
  return *this;
}

Result<bool> Query::step() {
  if (code_ == SQLITE_OK || code_ == SQLITE_ROW) code_ = sqlite3_step(statement_);
  if (code_ == SQLITE_ROW) return true;
  if (code_ == SQLITE_DONE) return false;
  return database_.error(code_, "Using the recordings");
}

Result<void> Query::run() {
  while (true) {
    const auto more = step();
    if (!more) return more.error();
    if (!*more) return {};
  }
}

bool Query::is_null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }
std::int64_t Query::number(int column) const { return sqlite3_column_int64(statement_, column); }
double Query::real(int column) const { return sqlite3_column_double(statement_, column); }

std::string Query::text(int column) const {
  const auto* text = sqlite3_column_text(statement_, column);
  if (text == nullptr) return {};
  return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

std::span<const std::uint8_t> Query::blob(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  if (data == nullptr) return {};
  return {static_cast<const std::uint8_t*>(data), static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

Transaction::Transaction(Database& database) : database_(database), begun_(database.execute("SAVEPOINT inferno")) {
  open_ = begun_.ok();
}

Transaction::~Transaction() {
  // After a full disk SQLite may have rolled back everything already; there is nothing
  // left to do then, and nothing to say that was not said.
  if (open_) (void)database_.execute("ROLLBACK TO inferno; RELEASE inferno").ok();
}

Result<void> Transaction::commit() {
  if (!begun_) return begun_;
  auto done = database_.execute("RELEASE inferno");
  if (done) open_ = false;
  return done;
}

}  // namespace inferno::store
