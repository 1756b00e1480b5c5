#include "engine/thread_pool.h"

#include <ggml-backend.h>
#include <ggml-cpu.h>
#include <llama.h>

namespace inferno::engine {

ThreadPool::ThreadPool(llama_context* context, std::uint32_t n_threads, std::uint32_t n_threads_batch) {
  if (n_threads <= 1 && n_threads_batch <= 1) return;
  ggml_backend_dev_t cpu = ggml_backend_dev_by_type(GGML_BACKEND_DEVICE_TYPE_CPU);
  if (cpu == nullptr) return;
  // By name, because in builds with loadable backends the CPU one is not linked.
  ggml_backend_reg_t reg = ggml_backend_dev_backend_reg(cpu);
  auto* make =
      reinterpret_cast<decltype(&ggml_threadpool_new)>(ggml_backend_reg_get_proc_address(reg, "ggml_threadpool_new"));
  free_ =
      reinterpret_cast<decltype(&ggml_threadpool_free)>(ggml_backend_reg_get_proc_address(reg, "ggml_threadpool_free"));
  if (make == nullptr || free_ == nullptr) return;

  auto generate = ggml_threadpool_params_default(static_cast<int>(n_threads));
  auto batch = ggml_threadpool_params_default(static_cast<int>(n_threads_batch));
  if (n_threads != n_threads_batch) {
    batch_ = make(&batch);
    generate.paused = true;  // libllama resumes the pool that it turns to
  }
  generate_ = make(&generate);
  attach(context);
}

void ThreadPool::attach(llama_context* context) const {
  if (generate_ != nullptr) llama_attach_threadpool(context, generate_, batch_);
}

ThreadPool::~ThreadPool() {
  if (generate_ != nullptr) free_(generate_);
  if (batch_ != nullptr) free_(batch_);
}

}  // namespace inferno::engine
