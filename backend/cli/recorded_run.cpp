#include "cli/recorded_run.h"

#include <stdlib.h>

#include <charconv>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "cli/paths.h"
#include "store/portable.h"

namespace inferno::cli {

namespace fs = std::filesystem;

namespace {

std::optional<std::uint32_t> as_number(const std::string& text) {
  std::uint32_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return number;
}

}  // namespace

Result<std::unique_ptr<RecordedRun>> RecordedRun::open(const std::string& source, std::uint32_t number,
                                                       const RecordingSettings& settings) {
  std::unique_ptr<RecordedRun> run(new RecordedRun());
  const auto id = as_number(source);
  if (id) {
    const auto folder = data_folder(settings);
    if (!folder) return folder.error();
    auto store = store::Store::open_to_read(*folder);
    if (!store) return store.error();
    run->store_ = std::move(*store);
  } else if (auto imported = run->import(source); !imported) {
    return imported.error();
  }
  if (auto found = run->find(id, number); !found) return found.error();
  return run;
}

RecordedRun::~RecordedRun() {
  store_.reset();
  std::error_code ec;
  if (!folder_.empty()) fs::remove_all(folder_, ec);
}

Result<void> RecordedRun::import(const fs::path& file) {
  std::string name = (fs::temp_directory_path() / "inferno-recording-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    return Error{ErrorCode::kInternal, fmt::format("No folder can be made in {}.", fs::temp_directory_path().string()),
                 "Set TMPDIR to a folder that you may write to."};
  folder_ = name;
  auto store = store::Store::open(folder_);
  if (!store) return store.error();
  store_ = std::move(*store);
  const auto imported = store::import_sessions(*store_, file);
  return imported ? Result<void>() : Result<void>(imported.error());
}

Result<void> RecordedRun::find(std::optional<std::uint32_t> run, std::uint32_t number) {
  std::int64_t session = 1;  // an imported file has one, or the first is meant
  if (run) {
    const auto of_run = store_->session_of(*run);
    if (!of_run) return of_run.error();
    session = *of_run;
  }
  auto info = store_->session(session);
  if (!info) return info.error();
  const std::size_t n_runs = info->runs.size();
  for (std::size_t i = 0; i < n_runs; ++i) {
    if (run ? info->runs[i].id != *run : i + 1 != number) continue;
    info_ = std::move(info->runs[i]);
    if (info_.state != store::RunState::kRunning) return {};
    return Error{ErrorCode::kWrongState, fmt::format("Run {} is going on.", info_.id), "Wait for its end."};
  }
  return Error{ErrorCode::kNoSuchRun, fmt::format("The file has {} runs; there is no run {}.", n_runs, number), ""};
}

Result<session::RunPast> RecordedRun::past() {
  session::RunPastBuilder builder(info_.id, info_.n_prompt + info_.n_generated);
  std::uint32_t after = 0;
  while (true) {
    const auto messages = store_->read(info_.id, after);
    if (!messages) return messages.error();
    if (messages->empty()) return builder.finish();
    for (const auto& message : *messages) {
      if (!builder.add(protocol::envelope_of(message))) return builder.finish();
    }
    after += static_cast<std::uint32_t>(messages->size());
  }
}

Result<session::SharedBytes> RecordedRun::next() {
  if (at_ == piece_.size()) {
    piece_.clear();
    at_ = 0;
    auto messages = store_->read(info_.id, after_);
    if (!messages) return messages.error();
    for (auto& message : *messages) piece_.push_back(std::make_shared<const store::Bytes>(std::move(message)));
    if (piece_.empty()) return session::SharedBytes();
    after_ += static_cast<std::uint32_t>(piece_.size());
  }
  return std::move(piece_[at_++]);
}

}  // namespace inferno::cli
