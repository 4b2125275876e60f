/// The kernels of CKernels on the CPU: the same sources, their threads played one after another.
///
/// A block's threads are fibers that meet at barriers, warps in random order; copies to shared
/// memory land at a random time between their beginning and the wait for them. Shared memory holds
/// no numbers before it is written. Device memory is the process's own.
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum emulator_outcome {
  EMULATOR_DONE,
  EMULATOR_NO_SUCH_KERNEL,
  /// Not the threads that the kernel is for, or less shared memory.
  EMULATOR_WRONG_LAUNCH,
  /// Not all threads came to where they meet.
  EMULATOR_STUCK,
  /// A copy or a read of shared memory outside of it, or an address that is no multiple of 16.
  EMULATOR_BAD_ADDRESS,
  /// Eight rows of a matrix that are not in eight different groups of banks.
  EMULATOR_BANK_CONFLICT,
};

/// Runs all blocks of a launch; what is random follows from the seed.
int emulator_launch(const char *kernel, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                    unsigned block, unsigned shared, const void *arguments, uint64_t seed);

/// Faults that kernels can be given, to see that tests find them.
enum emulator_fault {
  FAULT_NONE,
  FAULT_WRONG_SWIZZLE,
  FAULT_NO_SWIZZLE,
  FAULT_MISSING_MASK,
  FAULT_MISSING_DEPTH_MASK,
  FAULT_SUM_NOT_RESCALED,
  FAULT_REST_NOT_SCALED,
  FAULT_MISSING_BARRIER_AFTER_WAIT,
  FAULT_MISSING_BARRIER_AT_END,
  FAULT_WAIT_FOR_TOO_FEW,
};

/// Plants a fault into the launches of this thread of the CPU until another is planted.
void emulator_plant(enum emulator_fault fault);

#ifdef __cplusplus
}
#endif
