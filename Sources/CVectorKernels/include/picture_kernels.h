#pragma once

#include <stddef.h>
#include <stdint.h>

/// A grey picture, [height, width], 0…255.
struct grey_picture {
  const float *levels;
  size_t width, height;
};

/// A rectangle of it, of which every `step`-th pixel of every `step`-th row is taken, and where their
/// features go: channel c of the pixel at (y, x) of the rectangle to
/// out[c * plane + y / step * stride + x / step].
struct feature_tile {
  size_t top, left, rows, columns, step;
  float *out;
  size_t plane, stride;
};

enum {
  /// Channels of the scales' features: seven at σ = 0, 1, 2, 4, 8 and 16.
  SCALE_CHANNELS = 42,
  /// Channels of differences of Gaussians, and of membrane projections.
  DIFFERENCE_CHANNELS = 10,
  MEMBRANE_CHANNELS = 6,
};

/// Classical features of grey pictures. A pixel's values do not depend on the rectangle that it is
/// computed in. Source: HR-Dv2's `features.py`, computed in double precision.
struct picture_kernels {
  const char *name;

  /// Doubles that `scales` needs for a rectangle, and floats that `membrane` needs.
  size_t (*scale_scratch)(size_t rows, size_t columns, size_t step);
  size_t (*membrane_scratch)(size_t rows, size_t columns);

  /// Channels 0…41: grey value, Sobel, and the Hessian's modulus, trace, determinant and
  /// eigenvalues at each scale.
  void (*scales)(struct grey_picture, struct feature_tile, double *scratch);

  /// Channels 42…51 from the Gaussians among 0…41: g_j − g_i for j < i, i the outer; of all pixels.
  void (*differences)(struct feature_tile);

  /// Channels 52…57: mean, largest, smallest, sum, deviation and median of the sums along thirty
  /// lines through a pixel; of all pixels.
  void (*membrane)(struct grey_picture, struct feature_tile, float *scratch);
};

/// The sets that this CPU can run, the fastest first; NULL beyond the last.
const struct picture_kernels *picture_kernels_at(int index);
