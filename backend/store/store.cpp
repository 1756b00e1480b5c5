#include "store/store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <random>
#include <system_error>
#include <utility>

#include "protocol/json.h"
#include "store/chunk_reader.h"
#include "store/chunk_writer.h"
#include "store/field_bits.h"

namespace inferno::store {

namespace {

namespace fs = std::filesystem;

constexpr const char* kFileName = "recordings.db";
constexpr std::size_t kPromptBytes = 64 * 1024;
constexpr std::size_t kMaxVocabularies = 4;  // kept in memory
constexpr std::size_t kMaxVocabulariesBytes = std::size_t{256} << 20;
constexpr int kRunShift = 32;
constexpr const char* kInterrupted = "The server ended while this run was going on.";

// Where a message is kept until it is in a chunk.
std::int64_t message_id(std::uint32_t run, std::uint32_t seq) {
  return static_cast<std::int64_t>((std::uint64_t{run} << kRunShift) | seq);
}

std::string random_uuid() {
  std::random_device device;
  std::string text;
  for (int i = 0; i < 4; ++i) text += fmt::format("{:08x}", device());
  return text;
}

// Made before SQLite does, so that nobody else may read what people wrote to a model.
// The files beside it get the same rights.
Result<void> make_private_file(const fs::path& folder) {
  std::error_code ec;
  fs::create_directories(folder, ec);
  const auto path = folder / kFileName;
  const int fd = ec ? -1 : ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
  if (fd >= 0) {
    ::close(fd);
    return {};
  }
  return Error{
      ErrorCode::kInternal,
      fmt::format("Recordings cannot be written to {}: {}.", folder.string(), ec ? ec.message() : std::strerror(errno)),
      "Choose a data folder that you may write to."};
}

Error no_run(std::uint32_t run) {
  return {ErrorCode::kNoSuchRun, fmt::format("There is no run {}.", run), "It may have been deleted."};
}

}  // namespace

Store::Store(Database database, std::optional<FolderLock> lock, int version)
    : lock_(std::move(lock)), database_(std::move(database)), version_(version) {}

Result<std::unique_ptr<Store>> Store::open(const fs::path& folder) {
  if (auto made = make_private_file(folder); !made) return made.error();
  auto lock = FolderLock::take(folder);
  if (!lock) return lock.error();
  auto database = Database::open(folder / kFileName, Database::Mode::kOwn);
  if (!database) return database.error();
  // Deleted recordings give their space back; has to be said before the first table.
  auto ready = database->execute("PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL");
  if (ready) ready = migrate(*database);
  if (!ready) return ready.error();
  std::unique_ptr<Store> store(new Store(std::move(*database), std::move(*lock)));
  store->folder_ = folder;
  if (auto recovered = store->recover(); !recovered) return recovered.error();
  return store;
}

Result<std::unique_ptr<Store>> Store::open_to_read(const fs::path& folder) {
  auto database = Database::open(folder / kFileName, Database::Mode::kReadOnly);
  if (!database) return database.error();
  const auto version = check_exact_schema(*database);
  if (!version) return version.error();
  return std::unique_ptr<Store>(new Store(std::move(*database), std::nullopt, *version));
}

Result<void> Store::recover() {
  std::vector<std::pair<std::uint32_t, OpenRun>> left;
  {
    Query runs(database_,
               "SELECT id, model, n_prompt, n_generated, sum_logprob, state, "
               "coalesce((SELECT max(last_seq) FROM chunk WHERE run = run.id), 0) FROM run "
               "WHERE state = 'running' OR EXISTS (SELECT 1 FROM message WHERE message.id > run.id << 32 "
               "AND message.id < (run.id + 1) << 32)");
    while (true) {
      const auto row = runs.step();
      if (!row) return row.error();
      if (!*row) break;
      OpenRun open;
      open.model = runs.number(1);
      open.n_prompt = static_cast<std::uint32_t>(runs.number(2));
      open.n_generated = static_cast<std::uint32_t>(runs.number(3));
      open.sum_logprob = runs.real(4);
      open.finished = runs.text(5) != "running";
      open.last_seq = static_cast<std::uint32_t>(runs.number(6));
      open.first_pending = open.last_seq + 1;
      left.emplace_back(static_cast<std::uint32_t>(runs.number(0)), open);
    }
  }
  for (auto& [id, open] : left) {
    if (auto done = interrupt(id, open); !done) return done;
  }
  return {};
}

// A run of an earlier process: counts what is in no chunk yet, and ends it if need be.
Result<void> Store::interrupt(std::uint32_t run, OpenRun open) {
  bool damaged = false;
  {
    Query pending(database_, "SELECT body FROM message WHERE id > ? AND id < ? ORDER BY id");
    pending.bind(1, message_id(run, open.last_seq)).bind(2, message_id(run + 1, 0));
    while (true) {
      const auto row = pending.step();
      if (!row) return row.error();
      if (!*row) break;
      const auto body = pending.blob(0);
      if (!protocol::verify_envelope(body, protocol::kMaxFrameBytes)) {
        damaged = true;
        break;
      }
      ++open.last_seq;
      const auto& envelope = protocol::envelope_of(body);
      const auto* steps = steps_of(envelope);
      if (steps != nullptr) open.n_pending_steps += steps->size();
      // The counts of an ended run were written with its end.
      if (!open.finished) count(envelope, open);
    }
  }
  open_[run] = open;
  if (damaged) return give_up(run, "A part of the recording is damaged.");
  if (open.finished) return {};
  protocol::FinishedT body;
  body.reason = protocol::FinishReason::EngineDied;
  body.error = std::make_unique<protocol::ErrorT>(
      protocol::to_protocol({ErrorCode::kEngineDied, kInterrupted, "What was announced until then is recorded."}));
  body.n_prompt = open.n_prompt;
  body.n_generated = open.n_generated;
  body.sum_logprob = open.sum_logprob;
  const Bytes end = protocol::make_envelope(0, run, open.last_seq + 1, std::move(body));
  Transaction transaction(database_);
  const std::span<const std::uint8_t> message = end;
  if (auto done = append(run, {&message, 1}); !done) return done;
  if (auto done = store_state(run, open_.at(run), "interrupted"); !done) return done;
  return transaction.commit();
}

void Store::count(const protocol::Envelope& envelope, OpenRun& open) {
  if (const auto* started = envelope.body_as_RunStarted()) open.n_prompt = started->n_prompt();
  if (envelope.body_type() != protocol::Body::Steps) return;
  const auto* steps = steps_of(envelope);
  if (steps == nullptr) return;
  open.n_generated += steps->size();
  for (const auto* step : *steps) open.sum_logprob += static_cast<double>(step->raw_logprob().value_or(0.0f));
}

Result<std::int64_t> Store::model_id(const ModelRef& model) {
  Query insert(database_,
               "INSERT INTO model(identity, name, path, size_bytes) VALUES(?, ?, ?, ?) ON CONFLICT(identity) DO UPDATE "
               "SET name = excluded.name, path = excluded.path RETURNING id");
  insert.bind(1, std::string_view(model.identity)).bind(2, std::string_view(model.name));
  insert.bind(3, std::string_view(model.path)).bind(4, model.size_bytes);
  const auto row = insert.step();
  if (!row) return row.error();
  return insert.number(0);
}

Result<std::int64_t> Store::new_session(std::int64_t created_ms) {
  const std::string uuid = random_uuid();
  Query insert(database_, "INSERT INTO session(uuid, title, note, created_ms) VALUES(?, '', '', ?)");
  if (auto done = insert.bind(1, std::string_view(uuid)).bind(2, created_ms).run(); !done) return done.error();
  return database_.last_row();
}

Result<std::uint32_t> Store::begin_run(const NewRun& run) {
  Transaction transaction(database_);
  auto model = model_id(run.model);
  if (!model) return model.error();
  auto session = run.session ? Result<std::int64_t>(*run.session) : new_session(run.created_ms);
  if (!session) return session.error();
  const std::string prompt = prompt_text(protocol::envelope_of(run.request).body_as_StartRun(), kPromptBytes);
  Query insert(
      database_,
      "INSERT INTO run(id, session, parent, fork_position, model, state, created_ms, engine_build, prompt, request, "
      "replay) VALUES(?9, ?1, ?2, ?3, ?4, 'running', ?5, ?6, "
      "iif(?7 = '', coalesce((SELECT prompt FROM run WHERE id = ?2), ''), ?7), ?8, ?10)");
  insert.bind(1, *session).bind(2, run.parent).bind(3, run.fork_position).bind(4, *model).bind(5, run.created_ms);
  insert.bind(6, std::string_view(run.engine_build)).bind(7, std::string_view(prompt));
  insert.bind(8, std::span<const std::uint8_t>(run.request)).bind(9, run.id);
  insert.bind(10, run.replay);
  if (auto done = insert.run(); !done) return done.error();
  const auto id = static_cast<std::uint32_t>(database_.last_row());
  if (auto done = transaction.commit(); !done) return done.error();
  open_[id].model = *model;
  return id;
}

Result<void> Store::append(std::uint32_t run, std::span<const std::span<const std::uint8_t>> messages) {
  const auto found = open_.find(run);
  if (found == open_.end() || found->second.finished) {
    return Error{ErrorCode::kWrongState, fmt::format("Run {} is not being recorded.", run), ""};
  }
  OpenRun open = found->second;
  Transaction transaction(database_);
  for (const auto message : messages) {
    if (auto done = append_one(run, open, message); !done) return done;
  }
  if (open.finished) {
    if (auto done = store_state(run, open, "finished"); !done) return done;
  }
  if (auto done = transaction.commit(); !done) return done;
  found->second = open;
  return {};
}

Result<void> Store::append_one(std::uint32_t run, OpenRun& open, std::span<const std::uint8_t> message) {
  const auto& envelope = protocol::envelope_of(message);
  if (envelope.seq() != open.last_seq + 1 || envelope.run() != run || open.finished) {
    return Error{ErrorCode::kWrongState,
                 fmt::format("Message {} of run {} does not follow message {} of run {}.", envelope.seq(),
                             envelope.run(), open.last_seq, run),
                 ""};
  }
  Query insert(database_, "INSERT INTO message(id, body) VALUES(?, ?)");
  if (auto done = insert.bind(1, message_id(run, envelope.seq())).bind(2, message).run(); !done) return done;
  ++open.last_seq;
  const auto* steps = steps_of(envelope);
  if (steps != nullptr) open.n_pending_steps += steps->size();
  count(envelope, open);
  open.finished = envelope.body_type() == protocol::Body::Finished;
  const bool is_start = envelope.body_type() == protocol::Body::RunStarted;
  if (!is_start && !open.finished) return {};
  const std::string json = protocol::to_json(message);
  Query start(database_, "UPDATE run SET started = ? WHERE id = ?");
  Query end(database_, "UPDATE run SET finished = ? WHERE id = ?");
  return (is_start ? start : end).bind(1, std::string_view(json)).bind(2, run).run();
}

Result<void> Store::store_state(std::uint32_t run, const OpenRun& open, const char* state) {
  Query update(database_,
               "UPDATE run SET state = ?, last_seq = ?, n_prompt = ?, n_generated = ?, sum_logprob = ? WHERE id = ?");
  update.bind(1, std::string_view(state)).bind(2, open.last_seq).bind(3, open.n_prompt).bind(4, open.n_generated);
  return update.bind(5, open.sum_logprob).bind(6, run).run();
}

Result<void> Store::give_up(std::uint32_t run, const std::string& reason) {
  const auto found = open_.find(run);
  if (found == open_.end()) return no_run(run);
  found->second.finished = true;
  // What was stored of it is made chunks of at the next start.
  found->second.stuck = true;
  Transaction transaction(database_);
  if (auto done = store_state(run, found->second, "interrupted"); !done) return done;
  Query update(database_, "UPDATE run SET not_recorded = ? WHERE id = ?");
  if (auto done = update.bind(1, std::string_view(reason)).bind(2, run).run(); !done) return done;
  return transaction.commit();
}

// In WAL mode a commit with FULL waits for the disk, and what was committed before it
// with it.
Result<void> Store::sync() {
  if (auto full = database_.execute("PRAGMA synchronous=FULL"); !full) return full;
  auto written = [&]() -> Result<void> {
    Transaction transaction(database_);
    Query touch(database_, "UPDATE sqlite_sequence SET seq = seq WHERE name = 'run'");
    if (auto done = touch.run(); !done) return done;
    return transaction.commit();
  }();
  const auto normal = database_.execute("PRAGMA synchronous=NORMAL");
  return written ? normal : written;
}

Result<bool> Store::compact_some() {
  for (auto it = open_.begin(); it != open_.end(); ++it) {
    auto& [run, open] = *it;
    const bool is_due = open.finished || open.n_pending_steps >= kChunkSteps;
    if (!is_due || open.stuck) continue;
    if (open.first_pending <= open.last_seq) {
      if (auto done = compact(run, open); !done) {
        open.stuck = true;
        return done.error();
      }
    }
    if (!open.finished || open.first_pending <= open.last_seq) return true;
    open_.erase(it);
    // The room that the messages took before they were made chunks.
    if (auto done = database_.execute("PRAGMA incremental_vacuum"); !done) return done.error();
    return true;
  }
  return false;
}

Result<void> Store::compact(std::uint32_t run, OpenRun& open) {
  auto words = vocabulary(open.model);
  if (!words) return words.error();
  ChunkWriter writer(run, open.first_pending, **words);
  StepSummary summary;
  std::uint32_t last_seq = open.first_pending - 1;
  {
    Query pending(database_, "SELECT body FROM message WHERE id >= ? AND id < ? ORDER BY id");
    pending.bind(1, message_id(run, open.first_pending)).bind(2, message_id(run + 1, 0));
    while (summary.n_steps() < kChunkSteps) {
      const auto row = pending.step();
      if (!row) return row.error();
      if (!*row) break;
      const auto body = pending.blob(0);
      writer.add(body);
      summary.add(protocol::envelope_of(body));
      ++last_seq;
    }
  }
  OpenRun after = open;
  after.first_pending = last_seq + 1;
  after.n_pending_steps -= std::min(after.n_pending_steps, summary.n_steps());
  auto stored = store_chunk(run, open, last_seq, writer, summary, **words);
  if (!stored) {
    (*words)->forget_fresh();
    return stored;
  }
  (*words)->stored();
  open = after;
  return {};
}

Result<void> Store::store_chunk(std::uint32_t run, const OpenRun& open, std::uint32_t last_seq,
                                const ChunkWriter& writer, const StepSummary& summary, const Vocabulary& words) {
  const auto data = writer.finish();
  if (!data) return data.error();
  const std::string steps = summary.steps(), text = summary.text();
  Transaction transaction(database_);
  if (auto done = store_vocabulary(open.model, words); !done) return done;
  Query insert(database_,
               "INSERT INTO chunk(run, first_seq, last_seq, first_position, n_steps, steps, text, data) "
               "VALUES(?, ?, ?, ?, ?, ?, ?, ?)");
  insert.bind(1, run).bind(2, open.first_pending).bind(3, last_seq).bind(4, summary.first_position());
  insert.bind(5, summary.n_steps()).bind(6, std::string_view(steps)).bind(7, std::string_view(text));
  if (auto done = insert.bind(8, std::span<const std::uint8_t>(*data)).run(); !done) return done;
  Query remove(database_, "DELETE FROM message WHERE id >= ? AND id <= ?");
  remove.bind(1, message_id(run, open.first_pending)).bind(2, message_id(run, last_seq));
  if (auto done = remove.run(); !done) return done;
  if (!open.finished) {
    if (auto done = store_progress(run, open); !done) return done;
  }
  return transaction.commit();
}

// The counts as of what is in chunks: the rest is counted again after a sudden end.
Result<void> Store::store_progress(std::uint32_t run, const OpenRun& open) {
  OpenRun counted = open;
  Query pending(database_, "SELECT body FROM message WHERE id > ? AND id < ? ORDER BY id");
  pending.bind(1, message_id(run, 0)).bind(2, message_id(run + 1, 0));
  while (true) {
    const auto row = pending.step();
    if (!row) return row.error();
    if (!*row) break;
    OpenRun one;
    count(protocol::envelope_of(pending.blob(0)), one);
    counted.n_generated -= one.n_generated;
    counted.sum_logprob -= one.sum_logprob;
  }
  return store_state(run, counted, "running");
}

Result<void> Store::store_vocabulary(std::int64_t model, const Vocabulary& words) {
  for (const std::int32_t id : words.fresh()) {
    const VocabularyEntry& entry = *words.find(id);
    Query insert(database_, "INSERT INTO vocabulary(model, token, text, is_text, kind) VALUES(?, ?, ?, ?, ?)");
    insert.bind(1, model).bind(2, id).bind(4, entry.is_text).bind(5, entry.kind);
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(entry.bytes.data());
    insert.bind(3, std::span<const std::uint8_t>(bytes, entry.bytes.size()));
    if (auto done = insert.run(); !done) return done;
  }
  return {};
}

Result<Vocabulary*> Store::vocabulary(std::int64_t model) {
  const auto found = vocabularies_.find(model);
  if (found != vocabularies_.end()) return found->second.get();
  auto words = std::make_unique<Vocabulary>();
  Query rows(database_, "SELECT token, text, is_text, kind FROM vocabulary WHERE model = ?");
  rows.bind(1, model);
  std::size_t n_bytes = 0;
  while (true) {
    const auto row = rows.step();
    if (!row) return row.error();
    if (!*row) break;
    const auto bytes = rows.blob(1);
    n_bytes += bytes.size();
    if (bytes.size() > kMaxVocabularyBytes || n_bytes > kMaxVocabulariesBytes)
      return Error{ErrorCode::kTooLarge, "The recording's vocabulary is too large.", ""};
    words->load(
        static_cast<std::int32_t>(rows.number(0)),
        {std::string(bytes.begin(), bytes.end()), rows.number(2) != 0, static_cast<std::uint8_t>(rows.number(3))});
  }
  while (vocabularies_.size() >= kMaxVocabularies) vocabularies_.erase(vocabularies_.begin());
  return (vocabularies_[model] = std::move(words)).get();
}

Result<std::vector<Bytes>> Store::read(std::uint32_t run, std::uint32_t after) {
  auto chunk = read_chunk(run, after, run);
  if (!chunk || !chunk->empty()) return chunk;
  std::vector<Bytes> messages;
  std::uint32_t n_steps = 0;
  Query pending(database_, "SELECT body FROM message WHERE id > ? AND id < ? ORDER BY id");
  pending.bind(1, message_id(run, after)).bind(2, message_id(run + 1, 0));
  while (n_steps < kChunkSteps) {
    const auto row = pending.step();
    if (!row) return row.error();
    if (!*row) break;
    const auto body = pending.blob(0);
    if (auto sound = protocol::verify_envelope(body, protocol::kMaxFrameBytes); !sound) return sound.error();
    messages.emplace_back(body.begin(), body.end());
    const auto* steps = steps_of(protocol::envelope_of(body));
    n_steps += steps == nullptr ? 1 : steps->size();
  }
  if (!messages.empty()) return messages;
  if (auto exists = check_exists(run); !exists) return exists.error();
  return messages;
}

Result<std::vector<Bytes>> Store::read_as(std::uint32_t run, std::uint32_t after, std::uint32_t other_run) {
  return read_chunk(run, after, other_run);
}

// The messages after number `after` of the chunk that has the next one; none if no chunk has it.
Result<std::vector<Bytes>> Store::read_chunk(std::uint32_t run, std::uint32_t after, std::uint32_t as_run) {
  Query find(database_,
             "SELECT first_seq, chunk.last_seq, run.model, data FROM chunk JOIN run ON run.id = chunk.run "
             "WHERE chunk.run = ? AND first_seq <= ? ORDER BY first_seq DESC LIMIT 1");
  const auto row = find.bind(1, run).bind(2, std::int64_t{after} + 1).step();
  if (!row) return row.error();
  if (!*row || find.number(1) <= after) return std::vector<Bytes>();
  const std::int64_t first_seq = find.number(0), last_seq = find.number(1);
  auto words = vocabulary(find.number(2));
  if (!words) return words.error();
  auto messages = ChunkReader::read(find.blob(3), as_run, static_cast<std::uint32_t>(first_seq), **words);
  if (!messages) return messages;
  if (first_seq < 1 || static_cast<std::int64_t>(messages->size()) != last_seq - first_seq + 1)
    return Error{ErrorCode::kMalformedMessage, fmt::format("A part of run {} is damaged.", run), ""};
  messages->erase(messages->begin(), messages->begin() + (after + 1 - first_seq));
  return messages;
}

Result<std::optional<std::uint32_t>> Store::seq_at(std::uint32_t run, std::uint32_t position) {
  std::uint32_t after = 0;
  {
    Query find(database_,
               "SELECT first_seq - 1 FROM chunk WHERE run = ? AND first_position <= ? ORDER BY first_seq DESC LIMIT 1");
    const auto row = find.bind(1, run).bind(2, position).step();
    if (!row) return row.error();
    if (*row) after = static_cast<std::uint32_t>(find.number(0));
  }
  while (true) {
    const auto messages = read(run, after);
    if (!messages) return messages.error();
    if (messages->empty()) return std::optional<std::uint32_t>();
    for (const Bytes& message : *messages) {
      ++after;
      const auto* steps = steps_of(protocol::envelope_of(message));
      if (steps == nullptr) continue;
      for (const auto* step : *steps) {
        if (step->position() == position) return std::optional(after);
      }
    }
  }
}

Result<Bytes> Store::request(std::uint32_t run) {
  Query find(database_, "SELECT request FROM run WHERE id = ?");
  const auto row = find.bind(1, run).step();
  if (!row) return row.error();
  if (!*row) return no_run(run);
  const auto request = find.blob(0);
  return Bytes(request.begin(), request.end());
}

Result<std::string> Store::model_identity(std::uint32_t run) {
  Query find(database_,
             "SELECT substr(identity, 1, 4000) FROM run JOIN model ON model.id = run.model WHERE run.id = ?");
  const auto row = find.bind(1, run).step();
  if (!row) return row.error();
  if (!*row) return no_run(run);
  return find.text(0);
}

Result<std::uint32_t> Store::last_run() {
  const auto id = database_.number("SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'run'), 0)");
  if (!id) return id.error();
  return static_cast<std::uint32_t>(*id);
}

Result<std::int64_t> Store::session_of(std::uint32_t run) {
  Query find(database_, "SELECT session FROM run WHERE id = ?");
  const auto row = find.bind(1, run).step();
  if (!row) return row.error();
  if (!*row) return no_run(run);
  return find.number(0);
}

Result<void> Store::check_exists(std::uint32_t run) {
  Query find(database_, "SELECT 1 FROM run WHERE id = ?");
  const auto row = find.bind(1, run).step();
  if (!row) return row.error();
  return *row ? Result<void>() : Result<void>(no_run(run));
}

}  // namespace inferno::store
