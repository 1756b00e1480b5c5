// The engine program's operator new: the usual one, which also asks the thread's
// WorkBudget, if it has one. Left out under sanitizers, which bring their own.

#include "engine/work_budget.h"

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

#include <cstdlib>
#include <new>

void* operator new(std::size_t size) {
  inferno::engine::WorkBudget::charge(size);
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}

void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

#endif
