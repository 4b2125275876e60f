// The emulator as a card.
#include <chrono>

#include "emulator.h"
#include "memory.h"

namespace {

std::chrono::steady_clock::time_point beginning;

const check_card card = {
    nullptr,
    [](void *, size_t bytes) { return (uint64_t)aligned_alloc(1024, (bytes + 1023) / 1024 * 1024); },
    [](void *, uint64_t address) { free((void *)address); },
    [](void *, uint64_t to, const void *from, size_t bytes) {
      memcpy((void *)to, from, bytes);
      return 0;
    },
    [](void *, void *to, uint64_t from, size_t bytes) {
      memcpy(to, (const void *)from, bytes);
      return 0;
    },
    [](void *, const char *name, unsigned x, unsigned y, unsigned z, const void *arguments) {
      const kernel *kernel = kernel_named(name);
      if (!kernel) return (int)EMULATOR_NO_SUCH_KERNEL;
      return emulator_launch(name, x, y, z, kernel->block, kernel->shared, arguments, 1);
    },
    [](void *) { beginning = std::chrono::steady_clock::now(); },
    [](void *) {
      return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - beginning)
          .count();
    },
};

}  // namespace

const check_card *check_emulated_card(void) { return &card; }
