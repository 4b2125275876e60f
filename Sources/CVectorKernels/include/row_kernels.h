#pragma once

#include <stddef.h>
#include <stdint.h>

/// Mixtures of rows of features. One set is compiled for each kind of CPU from one source; the
/// sets differ by rounding. In one set every output value is one sum in the order of its terms,
/// so results do not depend on how the work is cut up.
struct row_kernels {
  const char *name;

  /// out[r, i] = Σ_j weights[j] · (sources[j][first + r, i] − centre[i]) for begin ≤ j < end:
  /// blocks of [rows, dim] values that lie without gaps. With cells, the j-th source is
  /// sources[cells[j]]. No centre (NULL) means zero.
  void (*combine)(size_t begin, size_t end, const float *const *sources, const int32_t *cells,
                  const float *weights, const float *centre, size_t first, size_t rows,
                  size_t dim, float *out);

  /// out[x, :] = Σ_j weights[j] · lines[cells[j], :] for starts[first + x] ≤ j <
  /// starts[first + x + 1]. The lines are [cells, dim] without gaps; the output's rows are
  /// `stride` values apart.
  void (*expand)(size_t first, size_t width, size_t dim, const int32_t *starts,
                 const int32_t *cells, const float *weights, const float *lines, size_t stride,
                 float *out);

  /// out[r] = ‖in[r, :]‖, rows `stride` values apart. Squares too large or too small for a float
  /// are added up as doubles.
  void (*norms)(size_t rows, size_t dim, size_t stride, const float *in, float *out);

  /// Each row divided by its norm; zeros stay zeros.
  void (*normalise)(size_t rows, size_t dim, size_t stride, float *values);

  /// Each row's softmax, its largest value taken from all first.
  void (*softmax)(size_t rows, size_t dim, size_t stride, float *values);

  /// out[r] = the place of the largest of in[r, :], of equal ones the first; dim ≤ 256. What is
  /// no number is not the largest.
  void (*labels)(size_t rows, size_t dim, size_t stride, const float *in, uint8_t *out);

  /// out[r] = the place of the largest of in[r, :] − lengths[r] · offsets, of equal ones the first;
  /// dim ≤ 256. No lengths (NULL) mean ones. What is no number is not the largest.
  void (*nearest)(size_t rows, size_t dim, size_t stride, const float *in, const float *offsets,
                  const float *lengths, uint8_t *out);

  /// float32 → IEEE 754 binary16, to nearest, ties to even; beyond 65504 to infinity; NaN stays.
  void (*halves)(size_t count, const float *in, uint16_t *out);

  /// IEEE 754 binary16 → float32, which holds each exactly.
  void (*floats)(size_t count, const uint16_t *in, float *out);
};

/// The sets that this CPU can run, the fastest first; NULL beyond the last.
const struct row_kernels *row_kernels_at(int index);
