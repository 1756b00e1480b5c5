#include "protocol/testing/golden_files.h"

#include <fstream>
#include <iterator>

#include "protocol/json.h"
#include "protocol/testing/samples.h"

namespace inferno::protocol::testing {

namespace {

namespace fs = std::filesystem;

fs::path folder(const fs::path& source_dir, bool is_worker) {
  const fs::path golden = source_dir / "protocol" / "golden";
  return is_worker ? golden / "worker" : golden;
}

void write(const fs::path& path, const char* data, std::size_t size) {
  std::ofstream(path, std::ios::binary).write(data, static_cast<std::streamsize>(size));
}

}  // namespace

std::optional<std::string> Golden::read(const char* extension) const {
  std::ifstream in(stem.string() + extension, std::ios::binary);
  if (!in) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

std::vector<Golden> golden_files(const fs::path& source_dir) {
  std::vector<Golden> all;
  for (const auto body : EnumValuesBody()) {
    if (body != Body::NONE) all.push_back({EnumNameBody(body), false, folder(source_dir, false) / EnumNameBody(body)});
  }
  for (const auto body : EnumValuesWorkerBody()) {
    if (body == WorkerBody::NONE) continue;
    all.push_back({EnumNameWorkerBody(body), true, folder(source_dir, true) / EnumNameWorkerBody(body)});
  }
  return all;
}

std::size_t write_golden_files(const fs::path& source_dir) {
  std::size_t n_written = 0;
  for (const bool is_worker : {false, true}) {
    const fs::path into = folder(source_dir, is_worker);
    fs::create_directories(into);
    for (const auto& sample : is_worker ? worker_samples() : client_samples()) {
      const std::string json = (is_worker ? worker_to_json(sample.bytes) : to_json(sample.bytes)) + "\n";
      write(into / (sample.name + ".bin"), reinterpret_cast<const char*>(sample.bytes.data()), sample.bytes.size());
      write(into / (sample.name + ".json"), json.data(), json.size());
      ++n_written;
    }
  }
  return n_written;
}

}  // namespace inferno::protocol::testing
