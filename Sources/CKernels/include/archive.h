/// The compiled kernels that are part of the program: machine code for some cards, and PTX, which
/// the driver of any later one translates.
#pragma once

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// One module with all kernels.
struct kernel_image {
  /// Such as "sm_90a", or "compute_80" for PTX.
  const char *architecture;
  /// Its deflated bytes, and how many they are.
  const uint8_t *deflated;
  size_t deflated_size;
  /// How many bytes it has, for PTX with the NUL at its end.
  size_t size;
};

/// The image at an index; 0 beyond the last, or if the archive is damaged.
int kernel_image_at(int index, struct kernel_image *image);

/// The image that a card of this compute capability runs: machine code of its own major number with
/// the largest minor number that is not beyond its own (of "90a" only 9.0), else PTX; 0 if there is
/// none.
int kernel_image_for(int major, int minor, struct kernel_image *image);

/// Inflates an image into `size` bytes; 0 if the archive is damaged.
int kernel_image_inflate(const struct kernel_image *image, void *bytes);

/// The archive's manifest, JSON: the compiler's version, the sources' digest, and of each image its
/// size, SHA-256 and each kernel's registers, spills and shared memory.
const char *kernel_manifest(size_t *size);

/// The edition of the kernels' arithmetic, which names what they make.
enum { KERNELS_EDITION = 1 };

#ifdef __cplusplus
}
#endif
