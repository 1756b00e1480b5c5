#include "engine/gguf_file.h"

#include <fmt/format.h>
#include <gguf.h>

#include <algorithm>

#include "engine/file_kind.h"
#include "engine/llama_log.h"
#include "engine/printable.h"

namespace inferno::engine {
namespace {

constexpr std::size_t kMaxValueBytes = 400;
constexpr std::size_t kMaxShownElements = 8;

template <typename T>
std::optional<std::uint64_t> not_negative(T value) {
  if (value < 0) return std::nullopt;
  return static_cast<std::uint64_t>(value);
}

// One element of a value as a number, from GGUF's packed data.
std::optional<std::uint64_t> element(gguf_type type, const void* data, std::size_t i) {
  switch (type) {
    case GGUF_TYPE_UINT8:
      return static_cast<const std::uint8_t*>(data)[i];
    case GGUF_TYPE_INT8:
      return not_negative(static_cast<const std::int8_t*>(data)[i]);
    case GGUF_TYPE_UINT16:
      return static_cast<const std::uint16_t*>(data)[i];
    case GGUF_TYPE_INT16:
      return not_negative(static_cast<const std::int16_t*>(data)[i]);
    case GGUF_TYPE_UINT32:
      return static_cast<const std::uint32_t*>(data)[i];
    case GGUF_TYPE_INT32:
      return not_negative(static_cast<const std::int32_t*>(data)[i]);
    case GGUF_TYPE_UINT64:
      return static_cast<const std::uint64_t*>(data)[i];
    case GGUF_TYPE_INT64:
      return not_negative(static_cast<const std::int64_t*>(data)[i]);
    default:
      return std::nullopt;
  }
}

// One element of a value, of any type but string, as text.
std::string element_text(gguf_type type, const void* data, std::size_t i) {
  switch (type) {
    case GGUF_TYPE_INT8:
      return fmt::format("{}", static_cast<const std::int8_t*>(data)[i]);
    case GGUF_TYPE_INT16:
      return fmt::format("{}", static_cast<const std::int16_t*>(data)[i]);
    case GGUF_TYPE_INT32:
      return fmt::format("{}", static_cast<const std::int32_t*>(data)[i]);
    case GGUF_TYPE_INT64:
      return fmt::format("{}", static_cast<const std::int64_t*>(data)[i]);
    case GGUF_TYPE_FLOAT32:
      return fmt::format("{}", static_cast<const float*>(data)[i]);
    case GGUF_TYPE_FLOAT64:
      return fmt::format("{}", static_cast<const double*>(data)[i]);
    case GGUF_TYPE_BOOL:
      return static_cast<const std::int8_t*>(data)[i] != 0 ? "true" : "false";
    default:
      break;
  }
  const std::optional<std::uint64_t> number = element(type, data, i);
  return number ? fmt::format("{}", *number) : "";
}

std::string array_text(const gguf_context* context, std::int64_t key, gguf_type type, std::size_t n) {
  std::string text = "[";
  const std::size_t shown = std::min(n, kMaxShownElements);
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) text += ", ";
    text += type == GGUF_TYPE_STRING ? printable(gguf_get_arr_str(context, key, i), 40)
                                     : element_text(type, gguf_get_arr_data(context, key), i);
  }
  return text + (n > shown ? ", …]" : "]");
}

MetadataEntry entry(const gguf_context* context, std::int64_t key) {
  MetadataEntry result;
  result.key = printable(gguf_get_key(context, key), kMaxValueBytes);
  const gguf_type type = gguf_get_kv_type(context, key);
  if (type == GGUF_TYPE_ARRAY) {
    const gguf_type inner = gguf_get_arr_type(context, key);
    const std::size_t n = gguf_get_arr_n(context, key);
    result.n = n;
    result.type = fmt::format("array[{}]", gguf_type_name(inner));
    result.value = array_text(context, key, inner, n);
    return result;
  }
  result.type = type == GGUF_TYPE_STRING ? "string" : gguf_type_name(type);
  result.value = type == GGUF_TYPE_STRING ? printable(gguf_get_val_str(context, key), kMaxValueBytes)
                                          : element_text(type, gguf_get_val_data(context, key), 0);
  return result;
}

// ggml lists the fastest dimension first and always four; everyone else wants the
// slowest first and no padding.
std::vector<std::uint64_t> shape_of(const gguf_context* context, std::int64_t tensor) {
  const std::int64_t* ne = gguf_get_tensor_ne(context, tensor);
  std::size_t n_dims = 4;
  while (n_dims > 1 && ne[n_dims - 1] == 1) --n_dims;
  std::vector<std::uint64_t> shape;
  for (std::size_t i = n_dims; i-- > 0;) shape.push_back(static_cast<std::uint64_t>(ne[i]));
  return shape;
}

// ggml reads a file that ends within the header and one that contradicts itself
// alike; the log tells them apart in most cases.
Error unreadable(const std::string& path) {
  const std::string errors = LlamaLog::install().errors();
  const bool ends_early = errors.empty() || errors.find("exceeds remaining file size") != std::string::npos ||
                          errors == "failed to read header" || errors == "failed to read key-value pairs" ||
                          errors == "failed to read tensor info" ||
                          errors == "failed to seek to beginning of data section";
  if (ends_early) {
    return {ErrorCode::kTruncatedFile, fmt::format("{} ends within its GGUF header", path),
            "The file is not complete. Download or copy it again."};
  }
  return {ErrorCode::kInvalidModel, fmt::format("the GGUF header of {} is broken: {}", path, errors),
          "Download or convert the model again."};
}

}  // namespace

void GgufFile::Free::operator()(gguf_context* context) const { gguf_free(context); }

Result<GgufFile> GgufFile::open(const std::string& path) {
  const Result<std::uint64_t> size = check_is_gguf(path);
  if (!size) return size.error();

  LlamaLog& log = LlamaLog::install();
  log.clear();
  GgufFile file;
  file.path_ = path;
  file.file_bytes_ = *size;
  file.context_.reset(gguf_init_from_file(path.c_str(), {/*no_alloc=*/true, /*ctx=*/nullptr}));
  if (!file.context_) return unreadable(path);
  if (const Result<void> extent = file.check_extent(); !extent) return extent.error();
  return file;
}

Result<void> GgufFile::check_extent() const {
  const std::int64_t n = gguf_get_n_tensors(context_.get());
  const std::uint64_t start = gguf_get_data_offset(context_.get());
  std::uint64_t needed = n == 0 ? 0 : start;
  for (std::int64_t i = 0; i < n; ++i) {
    const std::uint64_t offset = gguf_get_tensor_offset(context_.get(), i);
    const std::uint64_t size = gguf_get_tensor_size(context_.get(), i);
    if (offset > UINT64_MAX / 4 || size > UINT64_MAX / 4) {
      return Error{
          ErrorCode::kInvalidModel,
          fmt::format("{} says that tensor {} has {} bytes", path_, gguf_get_tensor_name(context_.get(), i), size),
          "Download or convert the model again."};
    }
    needed = std::max(needed, start + offset + size);
  }
  if (needed <= file_bytes_) return {};
  return Error{ErrorCode::kTruncatedFile,
               fmt::format("{} is cut off: its tensors need {} bytes, it has {}", path_, needed, file_bytes_),
               "The file is not complete. Download or copy it again."};
}

bool GgufFile::has(std::string_view key) const { return gguf_find_key(context_.get(), std::string(key).c_str()) >= 0; }

std::optional<std::string> GgufFile::text(std::string_view key) const {
  const std::int64_t id = gguf_find_key(context_.get(), std::string(key).c_str());
  if (id < 0 || gguf_get_kv_type(context_.get(), id) != GGUF_TYPE_STRING) return std::nullopt;
  return gguf_get_val_str(context_.get(), id);
}

std::optional<std::uint64_t> GgufFile::number(std::string_view key) const {
  const std::int64_t id = gguf_find_key(context_.get(), std::string(key).c_str());
  if (id < 0) return std::nullopt;
  const gguf_type type = gguf_get_kv_type(context_.get(), id);
  if (type == GGUF_TYPE_STRING || type == GGUF_TYPE_ARRAY) return std::nullopt;
  return element(type, gguf_get_val_data(context_.get(), id), 0);
}

std::optional<bool> GgufFile::flag(std::string_view key) const {
  const std::int64_t id = gguf_find_key(context_.get(), std::string(key).c_str());
  if (id < 0 || gguf_get_kv_type(context_.get(), id) != GGUF_TYPE_BOOL) return std::nullopt;
  return gguf_get_val_bool(context_.get(), id);
}

std::vector<std::uint64_t> GgufFile::numbers(std::string_view key) const {
  if (const auto one = number(key)) return {*one};
  const std::int64_t id = gguf_find_key(context_.get(), std::string(key).c_str());
  if (id < 0 || gguf_get_kv_type(context_.get(), id) != GGUF_TYPE_ARRAY) return {};
  const gguf_type type = gguf_get_arr_type(context_.get(), id);
  if (type == GGUF_TYPE_STRING) return {};
  std::vector<std::uint64_t> result;
  for (std::size_t i = 0; i < gguf_get_arr_n(context_.get(), id); ++i) {
    if (const auto value = element(type, gguf_get_arr_data(context_.get(), id), i)) result.push_back(*value);
  }
  return result;
}

std::vector<std::string_view> GgufFile::texts(std::string_view key) const {
  const std::int64_t id = gguf_find_key(context_.get(), std::string(key).c_str());
  if (id < 0 || gguf_get_kv_type(context_.get(), id) != GGUF_TYPE_ARRAY) return {};
  if (gguf_get_arr_type(context_.get(), id) != GGUF_TYPE_STRING) return {};
  std::vector<std::string_view> result;
  for (std::size_t i = 0; i < gguf_get_arr_n(context_.get(), id); ++i) {
    result.emplace_back(gguf_get_arr_str(context_.get(), id, i));
  }
  return result;
}

std::vector<MetadataEntry> GgufFile::metadata() const {
  std::vector<MetadataEntry> result;
  for (std::int64_t i = 0; i < gguf_get_n_kv(context_.get()); ++i) result.push_back(entry(context_.get(), i));
  return result;
}

std::vector<TensorInfo> GgufFile::tensors() const {
  std::vector<TensorInfo> result;
  for (std::int64_t i = 0; i < gguf_get_n_tensors(context_.get()); ++i) {
    result.push_back({.name = printable(gguf_get_tensor_name(context_.get(), i), 64),
                      .type = ggml_type_name(gguf_get_tensor_type(context_.get(), i)),
                      .shape = shape_of(context_.get(), i),
                      .size_bytes = gguf_get_tensor_size(context_.get(), i)});
  }
  return result;
}

std::uint64_t GgufFile::n_tensors() const { return static_cast<std::uint64_t>(gguf_get_n_tensors(context_.get())); }

std::vector<std::uint64_t> GgufFile::tensor_shape(std::string_view name) const {
  const std::int64_t id = gguf_find_tensor(context_.get(), std::string(name).c_str());
  return id < 0 ? std::vector<std::uint64_t>{} : shape_of(context_.get(), id);
}

}  // namespace inferno::engine
