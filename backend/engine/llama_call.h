#pragma once

namespace inferno::engine {

// Marks the calls into libllama on this thread. What libllama allocates is its own
// affair; the test that our decode loop allocates nothing tells the two apart by
// this. Costs one thread-local increment.
class LlamaCall {
 public:
  LlamaCall() { ++depth_; }
  ~LlamaCall() { --depth_; }
  LlamaCall(const LlamaCall&) = delete;
  LlamaCall& operator=(const LlamaCall&) = delete;

  static bool inside() { return depth_ > 0; }

 private:
  static inline thread_local int depth_ = 0;
};

}  // namespace inferno::engine
