#pragma once

#include <stddef.h>
#include <stdint.h>

/// Mixtures of rows of features. One set is compiled for each kind of CPU from one source; the
/// sets differ by rounding. In one set every output value is one sum in the order of its terms,
/// so results do not depend on how the work is cut up.
struct row_kernels {
  const char *name;

  /// out[r, i] = Σ_j weights[j] · (sources[j][r, i] − centre[i]): blocks of [rows, dim] values
  /// that lie without gaps. No centre (NULL) means zero.
  void (*combine)(size_t n, const float *const *sources, const float *weights,
                  const float *centre, size_t rows, size_t dim, float *out);

  /// out[x, :] = Σ_j weights[j] · lines[cells[j], :] for starts[x] ≤ j < starts[x + 1]. The lines
  /// are [cells, dim] without gaps; the output's rows are `stride` values apart.
  void (*expand)(size_t width, size_t dim, const int32_t *starts, const int32_t *cells,
                 const float *weights, const float *lines, size_t stride, float *out);

  /// float32 → IEEE 754 binary16, to nearest, ties to even; beyond 65504 to infinity; NaN stays.
  void (*halves)(size_t count, const float *in, uint16_t *out);
};

/// The sets that this CPU can run, the fastest first; NULL beyond the last.
const struct row_kernels *row_kernels_at(int index);
