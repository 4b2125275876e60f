// A thread of execution with a stack of its own, which goes on where it left off.
#pragma once

#include <setjmp.h>
#include <ucontext.h>

#include <cstddef>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TELLS_SANITIZER 1
#include <sanitizer/tsan_interface.h>
#endif
#endif

class fiber {
 public:
  // Where it is to begin, on which stack.
  void prepare(void (*entry)(), char *stack, size_t bytes) {
    has_begun = false;
    getcontext(&context);
    context.uc_stack.ss_sp = stack;
    context.uc_stack.ss_size = bytes;
    context.uc_link = nullptr;
    makecontext(&context, entry, 0);
  }

#ifdef TELLS_SANITIZER
  // The thread sanitizer follows contexts that it is told of, and no jumps from one to another.
  void go_to(fiber &other) {
    if (!known) known = __tsan_get_current_fiber();
    if (!other.known) other.known = __tsan_create_fiber(0);
    __tsan_switch_to_fiber(other.known, 0);
    swapcontext(&context, &other.context);
  }
  void forget() {
    if (known) __tsan_destroy_fiber(known);
    known = nullptr;
  }

 private:
  void *known = nullptr;
#else
  // Leaves this fiber for another; comes back when this one is gone to. By jumps, since a change of
  // contexts calls the system, for the mask of signals.
  void go_to(fiber &other) {
    has_begun = true;
    if (_setjmp(place)) return;
    if (other.has_begun) _longjmp(other.place, 1);
    setcontext(&other.context);
  }
  void forget() {}

 private:
  jmp_buf place;
#endif

  ucontext_t context;
  bool has_begun = false;
};
