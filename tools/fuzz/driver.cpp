// Feeds a target with ever new inputs, and keeps those that reach code that none before
// did: a small fuzzer for compilers without one of their own. Code built with
// -fsanitize-coverage=trace-pc calls __sanitizer_cov_trace_pc() in every block.
//
//   fuzz-TARGET SECONDS SEED LAST-INPUT-FILE SEED-FOLDER...
//
// The input being tried is in LAST-INPUT-FILE, also after a crash. With -fsanitize=fuzzer
// (Clang) this file is left out.

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) __attribute__((weak));

namespace {

using Input = std::vector<std::uint8_t>;

constexpr std::size_t kEdges = 1 << 18;
constexpr std::size_t kMaxInput = 1 << 17;  // more than the largest seed
constexpr unsigned kMaxSeconds = 20;        // of one input

std::array<std::uint8_t, kEdges> g_now;   // how often each edge was passed, by the input being tried
std::array<std::uint8_t, kEdges> g_ever;  // classes of counts seen so far
thread_local std::uintptr_t g_before = 0;

// 1, 2, 3, 4-7, 8-15 … are told apart: a loop that runs longer is new, once.
std::uint8_t class_of(std::uint8_t count) {
  if (count < 4) return static_cast<std::uint8_t>(1 << count >> 1);
  return static_cast<std::uint8_t>(count < 8 ? 8 : count < 16 ? 16 : count < 32 ? 32 : count < 128 ? 64 : 128);
}

bool reached_something_new() {
  bool is_new = false;
  for (std::size_t i = 0; i < kEdges; ++i) {
    if (g_now[i] == 0) continue;
    const std::uint8_t seen = class_of(g_now[i]);
    is_new |= (g_ever[i] & seen) == 0;
    g_ever[i] = static_cast<std::uint8_t>(g_ever[i] | seen);
  }
  return is_new;
}

Input read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  Input bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  bytes.resize(std::min(bytes.size(), kMaxInput));
  return bytes;
}

class Fuzzer {
 public:
  Fuzzer(unsigned seed, const char* last_input) : random_(seed) {
    const int fd = ::open(last_input, O_RDWR | O_CREAT | O_TRUNC, 0644);
    if (fd < 0 || ::ftruncate(fd, sizeof(std::uint32_t) + kMaxInput) != 0) std::exit(2);
    void* at = ::mmap(nullptr, sizeof(std::uint32_t) + kMaxInput, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) std::exit(2);
    last_ = static_cast<std::uint8_t*>(at);
  }

  void try_out(const Input& input) {
    const auto size = static_cast<std::uint32_t>(input.size());
    std::memcpy(last_, &size, sizeof(size));
    if (size > 0) std::memcpy(last_ + sizeof(size), input.data(), size);
    g_now.fill(0);
    g_before = 0;
    ::alarm(kMaxSeconds);
    LLVMFuzzerTestOneInput(input.data(), input.size());
    ::alarm(0);
    ++n_tried_;
    if (reached_something_new()) corpus_.push_back(input);
  }

  // Seeds are kept, also where no code tells what it reached.
  void begin_with(const Input& seed) {
    const std::size_t n_before = corpus_.size();
    try_out(seed);
    if (corpus_.size() == n_before) corpus_.push_back(seed);
  }

  void run(std::chrono::seconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) try_out(mutated());
  }

  std::string summary() const {
    const auto edges = std::count_if(g_ever.begin(), g_ever.end(), [](std::uint8_t seen) { return seen != 0; });
    return std::to_string(n_tried_) + " inputs, " + std::to_string(edges) + " edges, " +
           std::to_string(corpus_.size()) + " kept";
  }

 private:
  std::size_t below(std::size_t n) { return n == 0 ? 0 : random_() % n; }
  const Input& any() { return corpus_[below(corpus_.size())]; }

  Input mutated() {
    Input input = corpus_.empty() ? Input{0} : any();
    for (std::size_t n = 1 + below(8); n > 0; --n) change(input);
    input.resize(std::min(input.size(), kMaxInput));
    return input;
  }

  void change(Input& input) {
    if (input.empty()) input.push_back(0);
    static constexpr std::array<std::uint32_t, 10> kNumbers = {0,    1,      4,          0x7F,       0x80,
                                                               0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};
    const std::size_t at = below(input.size());
    const auto from = input.begin() + static_cast<std::ptrdiff_t>(at);
    switch (below(7)) {
      case 0:
        input[at] = static_cast<std::uint8_t>(input[at] ^ (1u << below(8)));
        break;
      case 1:
        input[at] = static_cast<std::uint8_t>(random_());
        break;
      case 2:
        if (at + 4 <= input.size()) std::memcpy(&input[at], &kNumbers[below(kNumbers.size())], 4);
        break;
      case 3:
        input.erase(from, from + static_cast<std::ptrdiff_t>(1 + below(std::min<std::size_t>(64, input.size() - at))));
        break;
      case 4: {
        const Input piece(from, from + static_cast<std::ptrdiff_t>(std::min<std::size_t>(64, input.size() - at)));
        input.insert(input.begin() + static_cast<std::ptrdiff_t>(below(input.size())), piece.begin(), piece.end());
        break;
      }
      case 5:
        input[at] = static_cast<std::uint8_t>(input[at] + (below(2) == 0 ? 1 : -1));
        break;
      default: {  // the rest of another one
        const Input& other = any();
        const std::size_t cut = below(other.size());
        input.erase(from, input.end());
        input.insert(input.end(), other.begin() + static_cast<std::ptrdiff_t>(cut), other.end());
      }
    }
  }

  std::mt19937 random_;
  std::uint8_t* last_ = nullptr;
  std::vector<Input> corpus_;
  std::uint64_t n_tried_ = 0;
};

}  // namespace

extern "C" __attribute__((no_sanitize_coverage, no_sanitize("address", "undefined"))) void __sanitizer_cov_trace_pc() {
  const auto here = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
  const std::size_t edge = ((here >> 1) ^ (g_before << 3) ^ (here >> 17)) % kEdges;
  std::uint8_t& count = g_now[edge];
  if (count < 255) ++count;
  g_before = here;
}

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fputs("usage: fuzz-TARGET SECONDS SEED LAST-INPUT-FILE SEED-FOLDER...; tools/fuzz/run starts it\n", stderr);
    return 2;
  }
  if (LLVMFuzzerInitialize != nullptr) LLVMFuzzerInitialize(&argc, &argv);
  Fuzzer fuzzer(static_cast<unsigned>(std::strtoul(argv[2], nullptr, 10)), argv[3]);
  for (int i = 4; i < argc; ++i) {
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      if (entry.is_regular_file()) fuzzer.begin_with(read(entry.path()));
    }
  }
  fuzzer.run(std::chrono::seconds(std::strtol(argv[1], nullptr, 10)));
  std::printf("%s\n", fuzzer.summary().c_str());
}
