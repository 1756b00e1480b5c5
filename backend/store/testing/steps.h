#pragma once

#include <cstdint>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "store/store.h"

namespace inferno::store::testing {

// Messages of a run as an engine would send them: sorted candidates with the logits of
// a large vocabulary, probabilities that the default chain leaves, a trace of each stage.
// Everything follows from the seed.
class RunMaker {
 public:
  explicit RunMaker(std::uint32_t run, std::uint32_t seed = 1, std::uint32_t n_vocab = 128'000)
      : run_(run), random_(seed), n_vocab_(n_vocab) {}

  // Steps from now on follow so many watched words.
  void watch(std::uint32_t n_watches) { n_watches_ = n_watches; }

  Bytes started();
  Bytes prompt(std::uint32_t n_tokens);
  Bytes steps(std::uint32_t n_steps = 1);
  Bytes paused();
  Bytes finished();

  std::uint32_t last_seq() const { return seq_; }

 private:
  protocol::StepT step(bool is_prompt);
  template <typename BodyT>
  Bytes message(BodyT body) {
    return protocol::make_envelope(0, run_, ++seq_, std::move(body));
  }

  std::uint32_t run_;
  std::mt19937 random_;
  std::uint32_t n_vocab_;
  std::uint32_t n_watches_ = 0;
  std::uint32_t seq_ = 0;
  std::uint32_t position_ = 0;
};

// What a token of the made-up vocabulary is: most are text, some bytes.
protocol::TokenT make_token(std::int32_t id);

NewRun new_run(const std::string& prompt = "Once upon a time", std::int64_t created_ms = 1'700'000'000'000);

// One message appended.
Result<void> append(Store& store, std::uint32_t run, const Bytes& message);
// Compacts all there is.
void compact_all(Store& store);
std::vector<Bytes> read_all(Store& store, std::uint32_t run);
std::vector<std::string> to_json(const std::vector<Bytes>& messages);

// An empty folder, gone with this object.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const char* name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace inferno::store::testing
