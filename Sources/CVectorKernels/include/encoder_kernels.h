#pragma once

#include <stddef.h>

/// The loops around an encoder's matrix products, each over `rows` rows that lie `…_stride` floats
/// apart. One set is compiled for each kind of CPU from one source.
struct encoder_kernels {
  const char *name;

  /// y = (x − mean) / √(variance + epsilon) · weight + bias, row by row; the variance is biased.
  void (*layer_norm)(const float *x, size_t x_stride, float *y, size_t y_stride, size_t rows,
                     size_t columns, const float *weight, const float *bias, float epsilon);

  /// x = x + bias.
  void (*add_bias)(float *x, size_t x_stride, size_t rows, size_t columns, const float *bias);

  /// x = GELU(x + bias), the exact kind: t · Φ(t).
  void (*gelu)(float *x, size_t x_stride, size_t rows, size_t columns, const float *bias);

  /// y = SiLU(a) · b with (a, b) the two halves of x + bias; x has 2 · columns columns.
  void (*swiglu)(const float *x, size_t x_stride, float *y, size_t y_stride, size_t rows,
                 size_t columns, const float *bias);

  /// x = x + scale · (y + bias).
  void (*add_residual)(float *x, size_t x_stride, const float *y, size_t y_stride, size_t rows,
                       size_t columns, const float *bias, const float *scale);

  /// One step of an online softmax over base-2 scores, row by row: raises the running maximum,
  /// turns the scores into 2^(score − maximum), and rescales the running total and the running
  /// output (`output_columns` wide) to the new maximum.
  void (*softmax_step)(float *scores, size_t scores_stride, size_t rows, size_t columns,
                       float *maximum, float *total, float *output, size_t output_stride,
                       size_t output_columns);

  /// y = x / total, row by row: the last step of an online softmax.
  void (*softmax_end)(const float *x, size_t x_stride, float *y, size_t y_stride, size_t rows,
                      size_t columns, const float *total);

  /// Keys, or values, of some tokens of one head, from `first` on, into the order in which `attend`
  /// reads those of `total` tokens: panels of columns that fill a few vectors.
  void (*pack_keys)(const float *keys, size_t stride, size_t first, size_t count, size_t dim,
                    float *packed);
  void (*pack_values)(const float *values, size_t stride, size_t first, size_t count, size_t total,
                      size_t dim, float *packed);

  /// result = softmax(scale · queries · keysᵀ) · values of one head, the softmax in base 2, one
  /// tile of scores at a time, so that they stay in the first-level cache.
  void (*attend)(const float *queries, size_t stride, size_t rows, size_t dim, float scale,
                 const float *keys, const float *values, size_t total, float *result,
                 size_t result_stride, float *scratch);

  /// Floats that the packed keys, the packed values and the scratch memory of `attend` take.
  size_t (*packed_keys_size)(size_t total, size_t dim);
  size_t (*packed_values_size)(size_t total, size_t dim);
  size_t (*attend_scratch_size)(size_t rows, size_t dim);
};

/// Queries of one product's tile, and keys of one tile of scores.
enum { ATTENTION_ROWS = 6, ATTENTION_TILE = 512 };

/// The sets that this CPU can run, the fastest first; NULL beyond the last.
const struct encoder_kernels *encoder_kernels_at(int index);
