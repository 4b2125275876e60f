// The kernels by their names.
#include "emulated.h"

#include "../../Sources/CKernels/Kernels/attend.h"
#include "../../Sources/CKernels/Kernels/class_token.h"
#include "../../Sources/CKernels/Kernels/finish.h"
#include "../../Sources/CKernels/Kernels/list.h"
#include "../../Sources/CKernels/Kernels/mean.h"
#include "../../Sources/CKernels/Kernels/norm.h"
#include "../../Sources/CKernels/Kernels/patches.h"
#include "../../Sources/CKernels/Kernels/product.h"

namespace {

struct entry {
  const char *name;
  unsigned threads, shared;
  void (*body)(const void *arguments);
};

#define KERNEL_ROW(name, arguments, threads, shared, registers, ...) \
  {#name, threads, shared, [](const void *p) { __VA_ARGS__(*(const arguments *)p); }},

const entry entries[] = {KERNEL_LIST};

}  // namespace

int emulator_launch(const char *kernel, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                    unsigned block, unsigned shared, const void *arguments, uint64_t seed) {
  for (const entry &entry : entries) {
    if (strcmp(entry.name, kernel)) continue;
    if (block != entry.threads || shared < entry.shared) return EMULATOR_WRONG_LAUNCH;
    machine machine(block, shared, seed);
    std::function<void()> body = [&] { entry.body(arguments); };
    for (unsigned z = 0; z < grid_z; z++)
      for (unsigned y = 0; y < grid_y; y++)
        for (unsigned x = 0; x < grid_x; x++) {
          int outcome = machine.run({x, y, z}, body);
          if (outcome) return outcome;
        }
    return EMULATOR_DONE;
  }
  return EMULATOR_NO_SUCH_KERNEL;
}

void emulator_plant(enum emulator_fault fault) { planted = fault; }
