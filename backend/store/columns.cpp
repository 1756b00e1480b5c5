#include "store/columns.h"

#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

namespace inferno::store {

namespace {

constexpr std::array<std::uint8_t, 4> kMagic = {'I', 'N', 'C', '1'};
constexpr int kLevel = 6;
constexpr std::size_t kMaxHeadBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxUnpackedBytes = std::size_t{128} << 20;
constexpr std::size_t kMaxColumns = 2000;
// A plane of fewer bytes does not pay for a frame of its own.
constexpr std::size_t kOwnFrameBytes = 192;
constexpr std::size_t kMaxSmallBytes = kMaxColumns * 8 * kOwnFrameBytes;

Error malformed(std::string what) {
  return {ErrorCode::kMalformedMessage, "A part of the recording is damaged: " + std::move(what) + ".", ""};
}

// Numbers in a byte string, lowest byte first.
class Scribe {
 public:
  explicit Scribe(Bytes& out) : out_(out) {}
  void number(std::uint64_t value, std::size_t width) {
    for (std::size_t i = 0; i < width; ++i) out_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
  void bytes(std::span<const std::uint8_t> bytes) { out_.insert(out_.end(), bytes.begin(), bytes.end()); }

 private:
  Bytes& out_;
};

class Lector {
 public:
  explicit Lector(std::span<const std::uint8_t> bytes) : rest_(bytes) {}
  std::uint64_t number(std::size_t width) {
    const auto bytes = take(width);
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) value |= std::uint64_t{bytes[i]} << (8 * i);
    return value;
  }
  std::span<const std::uint8_t> take(std::size_t n_bytes) {
    if (n_bytes > rest_.size()) {
      failed_ = true;
      rest_ = {};
      return {};
    }
    const auto taken = rest_.first(n_bytes);
    rest_ = rest_.subspan(n_bytes);
    return taken;
  }
  bool failed() const { return failed_; }
  bool at_end() const { return rest_.empty(); }

 private:
  std::span<const std::uint8_t> rest_;
  bool failed_ = false;
};

// As it is where compression does not make it smaller.
Bytes compress(std::span<const std::uint8_t> bytes) {
  Bytes packed(ZSTD_compressBound(bytes.size()));
  const std::size_t size = ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), kLevel);
  if (ZSTD_isError(size) || size >= bytes.size()) return {bytes.begin(), bytes.end()};
  packed.resize(size);
  return packed;
}

bool decompress(std::span<const std::uint8_t> packed, std::span<std::uint8_t> out) {
  if (packed.size() == out.size()) {
    std::copy(packed.begin(), packed.end(), out.begin());
    return true;
  }
  if (packed.size() > out.size()) return false;
  return ZSTD_decompress(out.data(), out.size(), packed.data(), packed.size()) == out.size();
}

// Plane `i` of numbers of `width` bytes.
Bytes plane(const Bytes& bytes, std::size_t width, std::size_t i) {
  Bytes out(bytes.size() / width);
  for (std::size_t n = 0; n < out.size(); ++n) out[n] = bytes[n * width + i];
  return out;
}

bool is_width(std::uint64_t width) { return width == 1 || width == 2 || width == 4 || width == 8; }

}  // namespace

int ColumnWriter::column(const ColumnKey& key, std::size_t width) {
  const auto [found, is_new] = numbers_.try_emplace(key, static_cast<int>(columns_.size()));
  if (is_new) columns_.push_back({width, {}, false});
  return found->second;
}

void ColumnWriter::put(int column, std::uint64_t value) {
  Column& into = columns_[static_cast<std::size_t>(column)];
  into.any |= value != 0;
  for (std::size_t i = 0; i < into.width; ++i) into.bytes.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

void ColumnWriter::put_bytes(int column, std::span<const std::uint8_t> bytes) {
  Column& into = columns_[static_cast<std::size_t>(column)];
  into.any = true;
  into.bytes.insert(into.bytes.end(), bytes.begin(), bytes.end());
}

Result<Bytes> ColumnWriter::pack(std::uint32_t n_messages) const {
  Bytes head, small, large;
  Scribe to_head(head);
  std::size_t n_columns = 0;
  std::size_t n_bytes = 0;
  for (const auto& [key, number] : numbers_) n_columns += columns_[static_cast<std::size_t>(number)].any;
  to_head.number(n_columns, 2);
  for (const auto& [key, number] : numbers_) {
    const Column& column = columns_[static_cast<std::size_t>(number)];
    if (!column.any) continue;
    n_bytes += column.bytes.size();
    to_head.number(key.size(), 1);
    to_head.bytes({reinterpret_cast<const std::uint8_t*>(key.data()), key.size()});
    to_head.number(column.width, 1);
    to_head.number(column.bytes.size() / column.width, 4);
    for (std::size_t i = 0; i < column.width; ++i) {
      const Bytes bytes = plane(column.bytes, column.width, i);
      if (bytes.size() < kOwnFrameBytes) {
        Scribe(small).bytes(bytes);
        continue;
      }
      const Bytes packed = compress(bytes);
      to_head.number(packed.size(), 4);
      Scribe(large).bytes(packed);
    }
  }
  if (head.size() > kMaxHeadBytes || n_bytes > kMaxUnpackedBytes || n_columns > kMaxColumns)
    return Error{ErrorCode::kTooLarge, "A message is too large to be recorded.", "Record fewer candidates per step."};
  const Bytes packed_head = compress(head);
  const Bytes packed_small = compress(small);
  Bytes out(kMagic.begin(), kMagic.end());
  Scribe to(out);
  to.number(n_messages, 4);
  for (const std::size_t size : {head.size(), packed_head.size(), small.size(), packed_small.size()})
    to.number(size, 4);
  to.bytes(packed_head);
  to.bytes(packed_small);
  to.bytes(large);
  return out;
}

Result<ColumnReader> ColumnReader::unpack(std::span<const std::uint8_t> packed) {
  Lector from(packed);
  const auto magic = from.take(kMagic.size());
  if (!std::equal(magic.begin(), magic.end(), kMagic.begin(), kMagic.end())) {
    return Error{ErrorCode::kUnsupportedVersion,
                 "A part of the recording is of a form that this version does not know.",
                 "Open it with the version of Inferno that wrote it."};
  }
  ColumnReader out;
  out.n_messages_ = static_cast<std::uint32_t>(from.number(4));
  const std::uint64_t head_size = from.number(4), head_packed = from.number(4);
  const std::uint64_t small_size = from.number(4), small_packed = from.number(4);
  if (head_size > kMaxHeadBytes || small_size > kMaxSmallBytes) return malformed("it claims to be too large");
  Bytes head(head_size), small(small_size);
  if (!decompress(from.take(head_packed), head) || !decompress(from.take(small_packed), small) || from.failed())
    return malformed("it cannot be unpacked");

  Lector entries(head), planes(small);
  std::size_t budget = kMaxUnpackedBytes;
  const std::uint64_t n_columns = entries.number(2);
  if (n_columns > kMaxColumns) return malformed("it has too many columns");
  for (std::uint64_t i = 0; i < n_columns; ++i) {
    const auto name = entries.take(entries.number(1));
    const std::uint64_t width = entries.number(1);
    const std::uint64_t n = entries.number(4);
    if (entries.failed() || !is_width(width) || n * width > budget) return malformed("a column has no sound size");
    budget -= n * width;
    Column column{width, Bytes(n * width), 0, false};
    Bytes bytes(n);
    for (std::size_t p = 0; p < width; ++p) {
      const bool sound =
          n < kOwnFrameBytes ? decompress(planes.take(n), bytes) : decompress(from.take(entries.number(4)), bytes);
      if (!sound || entries.failed() || planes.failed() || from.failed())
        return malformed("a column cannot be unpacked");
      for (std::size_t k = 0; k < n; ++k) column.bytes[k * width + p] = bytes[k];
    }
    const bool is_new =
        out.numbers_.try_emplace(ColumnKey(name.begin(), name.end()), static_cast<int>(out.columns_.size())).second;
    if (!is_new) return malformed("it has a column twice");
    out.columns_.push_back(std::move(column));
  }
  if (!entries.at_end() || !planes.at_end() || !from.at_end()) return malformed("it has bytes that belong to nothing");
  return out;
}

int ColumnReader::column(const ColumnKey& key, std::size_t width) {
  const auto [found, is_new] = numbers_.try_emplace(key, static_cast<int>(columns_.size()));
  if (is_new) columns_.push_back({width, {}, 0, true});
  if (columns_[static_cast<std::size_t>(found->second)].width != width) failed_ = true;
  return found->second;
}

std::uint64_t ColumnReader::take(int number) {
  Column& column = columns_[static_cast<std::size_t>(number)];
  if (column.missing) return 0;
  if (column.bytes.size() - column.at < column.width) {
    failed_ = true;
    return 0;
  }
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < column.width; ++i) value |= std::uint64_t{column.bytes[column.at + i]} << (8 * i);
  column.at += column.width;
  return value;
}

std::span<const std::uint8_t> ColumnReader::take_bytes(int number, std::size_t n_bytes) {
  Column& column = columns_[static_cast<std::size_t>(number)];
  if (n_bytes > column.bytes.size() - column.at) {
    failed_ = true;
    return {};
  }
  const auto taken = std::span<const std::uint8_t>(column.bytes).subspan(column.at, n_bytes);
  column.at += n_bytes;
  return taken;
}

bool ColumnReader::at_end() const {
  return std::all_of(columns_.begin(), columns_.end(),
                     [](const Column& column) { return column.missing || column.at == column.bytes.size(); });
}

}  // namespace inferno::store
