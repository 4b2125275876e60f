#pragma once

#include <stddef.h>

/// What becomes of a linear layer's products before they are written.
enum layer_end {
  /// y = product + bias.
  END_BIAS,
  /// y = GELU(product + bias), the exact kind: t · Φ(t).
  END_GELU,
  /// y = SiLU(a) · b with (a, b) the two halves of product + bias.
  END_SWIGLU,
  /// y = y + scale · (product + bias).
  END_RESIDUAL,
};

/// A linear layer of `columns` output columns, its weights in the order in which tiles read them.
/// The bias of END_SWIGLU, and its weights, have twice as many.
struct linear_layer {
  enum layer_end end;
  size_t depth, columns;
  const void *weights;
  const float *bias;
  /// For END_RESIDUAL alone.
  const float *scale;
};

/// The products of an encoder in one precision. Each row of a result is computed alike in whatever
/// block of rows it lies: one sum in the order of its terms. In eight bits rows of x, and queries
/// and keys less their mean, are rounded to whole numbers from −127 to 127 with a scale for each
/// row, values with one for each channel; sums are of 32 bits and exact.
struct product_kernels {
  /// One layer over rows that lie `…_stride` floats apart.
  void (*apply)(const struct linear_layer *layer, const float *x, size_t x_stride, size_t rows,
                float *y, size_t y_stride, void *scratch);

  /// Keys, or values, of some tokens of one head, from `first` on, into the order in which `attend`
  /// reads those of `total` tokens: panels of columns that fill a few vectors. What lies beyond the
  /// last token stays zero. In eight bits all tokens are packed at once, `first` = 0 and `count` =
  /// all of them.
  void (*pack_keys)(const float *keys, size_t stride, size_t first, size_t count, size_t dim,
                    void *packed);
  void (*pack_values)(const float *values, size_t stride, size_t first, size_t count, size_t total,
                      size_t dim, void *packed);

  /// result = softmax(scale · queries · keysᵀ) · values of one head, the softmax in base 2, one
  /// tile of scores at a time, so that they stay in the first-level cache.
  void (*attend)(const float *queries, size_t stride, size_t rows, size_t dim, float scale,
                 const void *keys, const void *values, size_t total, float *result,
                 size_t result_stride, void *scratch);

  /// Words of 4 bytes that packed weights, packed keys, packed values, and the scratch memory of
  /// `apply` and `attend` take.
  size_t (*packed_weights_size)(const struct linear_layer *layer);
  size_t (*packed_keys_size)(size_t total, size_t dim);
  size_t (*packed_values_size)(size_t total, size_t dim);
  size_t (*apply_scratch_size)(size_t rows, size_t depth);
  size_t (*attend_scratch_size)(size_t rows, size_t dim);
};

/// The loops of an encoder, each over `rows` rows that lie `…_stride` floats apart. One set is
/// compiled for each kind of CPU from one source.
struct encoder_kernels {
  const char *name;

  /// Whether the CPU has instructions for products of bfloat16; if not, the same sums are made of
  /// float32's.
  int multiplies_bfloat16;

  /// Whether the CPU has instructions for sums of four products of eight-bit numbers; if not, the
  /// same sums are made of sixteen-bit numbers' products.
  int multiplies_int8;

  /// y = (x − mean) / √(variance + epsilon) · weight + bias, row by row; the variance is biased.
  void (*layer_norm)(const float *x, size_t x_stride, float *y, size_t y_stride, size_t rows,
                     size_t columns, const float *weight, const float *bias, float epsilon);

  /// x = x + bias.
  void (*add_bias)(float *x, size_t x_stride, size_t rows, size_t columns, const float *bias);

  /// One step of an online softmax over base-2 scores, row by row: raises the running maximum,
  /// turns the scores into 2^(score − maximum), and rescales the running total and the running
  /// output (`output_columns` wide) to the new maximum.
  void (*softmax_step)(float *scores, size_t scores_stride, size_t rows, size_t columns,
                       float *maximum, float *total, float *output, size_t output_stride,
                       size_t output_columns);

  /// y = x / total, row by row: the last step of an online softmax.
  void (*softmax_end)(const float *x, size_t x_stride, float *y, size_t y_stride, size_t rows,
                      size_t columns, const float *total);

  /// Weights of a layer, [outputs, depth], into the float32 products' order.
  void (*pack_weights)(const struct linear_layer *layer, const float *weights, float *packed);

  /// The layer's packed weights, rounded, into the bfloat16 products' order.
  void (*round_weights)(const struct linear_layer *layer, void *packed);

  /// The layer's packed weights as whole numbers from −127 to 127 with a scale for each output, in
  /// the order of the products of eight bits.
  void (*quantise_weights)(const struct linear_layer *layer, void *packed);

  struct product_kernels float32, bfloat16, int8;
};

/// Keys of one tile of scores.
enum { ATTENTION_TILE = 512 };

/// The sets that this CPU can run, the fastest first; NULL beyond the last.
const struct encoder_kernels *encoder_kernels_at(int index);
