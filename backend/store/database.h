#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace inferno::store {

// One connection to an SQLite file, with its prepared statements. Used by one thread.
class Database {
 public:
  enum class Mode {
    kOwn,        // read and write, made if it is not there
    kReadOnly,   // of a file that someone else may be writing
    kUntrusted,  // read only, of a private copy of a file from anywhere: defensive, with limits
  };
  // Errors: kFileNotFound, kInvalidArgument, kInternal, in words.
  static Result<Database> open(const std::filesystem::path& path, Mode mode);
  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();

  // One or more statements without results.
  Result<void> execute(const std::string& sql);
  // The first column of the first row.
  Result<std::int64_t> number(const std::string& sql);

  // Reading fails with kTimeout once this many milliseconds are over.
  void set_deadline(std::int64_t ms);
  Error error(int code, std::string_view action) const;
  std::int64_t last_row() const;

 private:
  friend class Query;
  Database() = default;
  struct Handles;
  std::unique_ptr<Handles> handles_;
};

// One use of a prepared statement: bind from 1, then step through the rows. Parameters
// are borrowed until the end of the query. The first thing that fails is what step()
// and run() give back; columns are valid until the next step.
class Query {
 public:
  // `sql` is a literal: its address is the statement's name.
  Query(Database& database, const char* sql);
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  Query& bind(int at, double value);
  Query& bind(int at, std::string_view text);
  Query& bind(int at, std::span<const std::uint8_t> blob);
  Query& bind_null(int at);
  template <std::integral T>
  Query& bind(int at, T value) {
    return bind_number(at, static_cast<std::int64_t>(value));
  }
  template <std::integral T>
  Query& bind(int at, const std::optional<T>& value) {
    return value ? bind(at, *value) : bind_null(at);
  }

  Result<bool> step();  // false: no more rows
  Result<void> run();   // to the end

  bool is_null(int column) const;
  std::int64_t number(int column) const;
  double real(int column) const;
  std::string text(int column) const;
  std::span<const std::uint8_t> blob(int column) const;

 private:
  Query& bind_number(int at, std::int64_t value);

  Database& database_;
  sqlite3_stmt* statement_ = nullptr;
  int code_ = 0;
};

// All or nothing; may be nested. Rolls back unless committed.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  Result<void> commit();

 private:
  Database& database_;
  Result<void> begun_;
  bool open_ = false;
};

}  // namespace inferno::store
