#pragma once

#include <cstdint>

struct ggml_threadpool;
struct llama_context;

namespace inferno::engine {

// ggml's worker threads for one context, kept between decodes: in builds without
// OpenMP, libllama otherwise starts new threads for every token. Attached to the
// context, which must be freed before the pool. Does nothing where there is no CPU
// backend or one thread is enough.
class ThreadPool {
 public:
  ThreadPool(llama_context* context, std::uint32_t n_threads, std::uint32_t n_threads_batch);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  // For another context with the same numbers of threads, which computes only while the
  // first one does not, and is freed before the pool, too.
  void attach(llama_context* context) const;

 private:
  ggml_threadpool* generate_ = nullptr;
  ggml_threadpool* batch_ = nullptr;  // null: the same as for generating
  void (*free_)(ggml_threadpool*) = nullptr;
};

}  // namespace inferno::engine
