// Measures what recording costs, on made-up steps of a vocabulary of 128,000 tokens:
//   store-bench FOLDER [STEPS]
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>

#include "store/testing/steps.h"

namespace {

using namespace inferno::store;
using Clock = std::chrono::steady_clock;

double us_since(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

void print_quantiles(const char* what, std::vector<double>& us) {
  std::sort(us.begin(), us.end());
  fmt::print("{:<22} median {:8.1f} us, 99 % {:8.1f} us, longest {:8.1f} us\n", what, us[us.size() / 2],
             us[us.size() * 99 / 100], us.back());
}

int measure(const std::filesystem::path& folder, std::uint32_t n_steps) {
  std::uint32_t run = 0;
  std::uint64_t wire_bytes = 0;
  {
    auto store = Store::open(folder);
    if (!store) return fmt::print(stderr, "{}\n", store.error().message), 1;
    run = *(*store)->begin_run(testing::new_run());
    testing::RunMaker maker(run);
    std::vector<double> append_us, compact_us;
    for (std::uint32_t i = 0; i <= n_steps; ++i) {
      const Bytes message = i == 0 ? maker.started() : i < n_steps ? maker.steps() : maker.finished();
      wire_bytes += message.size();
      auto start = Clock::now();
      if (auto stored = testing::append(**store, run, message); !stored)
        return fmt::print(stderr, "{}\n", stored.error().message), 1;
      append_us.push_back(us_since(start));
      start = Clock::now();
      const auto compacted = (*store)->compact_some();
      if (compacted && *compacted) compact_us.push_back(us_since(start));
    }
    testing::compact_all(**store);
    print_quantiles("append, per step", append_us);
    print_quantiles("compact, 256 steps", compact_us);
    const auto vocabulary = (*store)->database().number("SELECT sum(length(text) + 12) FROM vocabulary");
    const auto chunks =
        (*store)->database().number("SELECT sum(length(data) + length(steps) + length(text)) FROM chunk");
    fmt::print("{} steps: {} bytes each on the wire, {} in chunks; file {} bytes, of it vocabulary about {}\n", n_steps,
               wire_bytes / n_steps, *chunks / n_steps, (*store)->file_bytes(), *vocabulary);
  }
  const auto start = Clock::now();
  auto store = Store::open(folder);
  const auto sessions = (*store)->sessions({});
  const auto first = (*store)->read(run, 0);
  fmt::print("open, list, first {} messages: {:.1f} ms\n", first->size(), us_since(start) / 1000);
  const auto again = Clock::now();
  const auto last = (*store)->read(run, *(*store)->seq_at(run, n_steps - 2).value());
  fmt::print("the last messages:              {:.1f} ms\n", us_since(again) / 1000);
  return sessions && last ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return fmt::print(stderr, "usage: store-bench FOLDER [STEPS]\n"), 2;
  return measure(argv[1], argc > 2 ? static_cast<std::uint32_t>(std::strtoul(argv[2], nullptr, 10)) : 100'000u);
}
