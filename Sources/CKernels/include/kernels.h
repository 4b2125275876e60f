/// The kernels for NVIDIA cards: names, arguments, sizes and layouts.
///
/// A kernel takes one struct by value. Addresses are of device memory, aligned to 16 bytes; 0 is
/// none. Matrices are row after row. Halves are IEEE 754 binary16.
///
/// Operands of products come in two kinds, which are the ends of most kernels' names:
/// - `float16`: a row of `n` values is `n` halves.
/// - `split16`: a row of `n` values is `2 n` halves: the values rounded, then 2048 times what the
///   rounding took away, rounded. Products are made of three products of halves.
/// Sums, the residual stream, norms, softmax, biases and scales are float32 in all of them.
///
/// Of a batch, the rows of a view follow each other: its prefix tokens (class, distillation,
/// registers), then its patches; `tokens` in all. Each value is one sum in an order that depends on
/// nothing but the shapes of one row and its view: not on the number of views or rows, nor on how
/// launches are cut.
///
/// Values of operands beyond ±65504 are written as ±65504, and the word of their view in `flags`,
/// uint32 `[views]`, is set to 1: such a view must be computed elsewhere.
///
/// Sizes: heads of 64 values; columns and depths are multiples of 8, those of `attend` heads · 64;
/// grid dimensions y and z ≤ 65535.
#pragma once

#ifdef __CUDACC_RTC__
typedef unsigned int uint32_t;
typedef int int32_t;
typedef unsigned short uint16_t;
typedef unsigned long long uint64_t;
typedef long long int64_t;
#else
#include <stdint.h>
#endif

enum kernel_sizes {
  HEAD_DIM = 64,
  /// Rows and columns of a product's block.
  PRODUCT_ROWS = 128,
  PRODUCT_COLUMNS = 128,
  /// Queries of a block of `attend`.
  ATTEND_QUERIES = 128,
  /// Rows of a block of `norm` and `finish_…`.
  NORM_ROWS = 8,
  /// Tokens of a block of `class_scores`.
  CLASS_TOKENS = 128,
  /// Columns of a block of `mean`.
  MEAN_COLUMNS = 32,
};

/// patches_…: the pixels of patches, channel after channel, row after row, and the prefix tokens.
///
/// Grid: (tokens, 1, views).
struct patches_arguments {
  /// float32, `[channels, plane]`.
  uint64_t planes;
  /// int32: where in a plane each row of a view begins, `[views, row_pitch]`, and how far from
  /// there each of its columns lies, `[views, column_pitch]`.
  uint64_t rows, columns;
  /// float32: the prefix tokens with their positions, `[prefix, dim]`.
  uint64_t prefix_rows;
  /// Operand, `[views · (tokens − prefix), depth]`; zeros beyond channels · patch · patch.
  uint64_t y;
  /// float32, the residual stream, `[views · tokens, dim]`; the prefix rows are written.
  uint64_t x;
  uint64_t flags;
  uint32_t plane, row_pitch, column_pitch;
  uint32_t channels, patch, stride, grid_columns;
  uint32_t tokens, prefix, dim, depth;
};

/// product_END_…: rows of `a · wᵀ + bias`, and what becomes of them.
///
/// Grid: (⌈columns / PRODUCT_COLUMNS⌉, any part of ⌈rows / PRODUCT_ROWS⌉ from `first` on, 1).
///
/// - bias: y = sum. `[rows, columns]`.
/// - gelu, tanh, quick: y = GELU(sum), of the error function, or by its approximations.
/// - swiglu: y = SiLU(sum of column 2 j) · (sum of column 2 j + 1), `[rows, columns / 2]`: rows of
///   w and bias are a gate's and its value's in turn.
/// - residual: x = x + scale · sum, `[rows, columns]`.
/// - embed: row r of x's patches = sum + positions; the rows are `[views · (tokens − prefix)]`.
/// - rotary: y = sum, whose columns 2 i and 2 i + 1 of each head are turned by the token's angle i
///   in the first `turned` columns: rows of w and bias are those of i and i + 32 in turn.
struct product_arguments {
  /// Operands, `[rows, depth]` and `[columns, depth]`.
  uint64_t a, w;
  /// float32, `[columns]`.
  uint64_t bias, scale;
  /// Operand.
  uint64_t y;
  /// float32, the residual stream.
  uint64_t x;
  /// float32: positions, `[tokens − prefix, columns]`; cosine and sine of angles,
  /// `[tokens, 32, 2]`.
  uint64_t positions, rotation;
  uint64_t flags;
  uint32_t rows, columns, depth;
  /// The first of the blocks of rows.
  uint32_t first;
  uint32_t tokens, prefix, turned;
  uint32_t reserved;
};

/// norm_…: y = (x − mean) / √(variance + epsilon) · weight + bias, row by row; the variance is
/// biased.
///
/// Grid: (⌈rows / NORM_ROWS⌉, 1, 1).
struct norm_arguments {
  /// float32, `[rows, columns]`; `[columns]`, both.
  uint64_t x, weight, bias;
  /// Operand, `[rows, columns]`.
  uint64_t y;
  uint64_t flags;
  uint32_t rows, columns, tokens;
  float epsilon;
};

/// attend_…: y = softmax(scale · q kᵀ) v of each head, the softmax in base 2.
///
/// Grid: (any part of ⌈tokens / ATTEND_QUERIES⌉ from `first` on, heads, views).
struct attend_arguments {
  /// Operand: queries, keys and values of all heads, `[views · tokens, 3 · heads · 64]`.
  uint64_t qkv;
  /// Operand, `[views · tokens, heads · 64]`.
  uint64_t y;
  uint64_t flags;
  uint32_t tokens, heads;
  /// The first of the blocks of queries.
  uint32_t first;
  /// log₂ e / 8.
  float scale;
};

/// class_scores_…: of the class token in each head, scale · q kᵀ over all tokens; and of each patch
/// the product of the class token's output with its value, and the sums of its query, key and
/// value.
///
/// Grid: (⌈tokens / CLASS_TOKENS⌉, heads, views). After `attend`, before its `y` is overwritten.
struct class_scores_arguments {
  /// As of `attend`.
  uint64_t qkv, attended;
  /// float32: cosine and sine of angles, `[tokens, 32, 2]`, where queries and keys were turned: the
  /// sums are of those before.
  uint64_t rotation;
  /// float32, `[views, heads, tokens]`.
  uint64_t scores;
  /// float32, `[views, tokens − prefix, 5 · heads]`: kinds 1…4, each head after head.
  uint64_t result;
  uint32_t tokens, prefix, heads;
  float scale;
};

/// class_softmax: kind 0 of the same result: 2^scores as parts of their sum over all tokens.
///
/// Grid: (heads, views, 1).
struct class_softmax_arguments {
  uint64_t scores, result;
  uint32_t tokens, prefix, heads;
  uint32_t reserved;
};

/// finish_norm: some tokens of each view as `norm` makes them of the residual stream, or as they
/// are where `weight` is 0.
/// finish_facet_…: their queries (part 0), keys (1) or values (2), turned back.
///
/// Grid: (⌈views · count / NORM_ROWS⌉, 1, 1).
struct finish_arguments {
  /// float32, `[views · tokens, columns]`; `[columns]`, both. For finish_norm.
  uint64_t x, weight, bias;
  /// As of `attend`, and of `class_scores`. For finish_facet.
  uint64_t qkv, rotation;
  /// Row v · count + i is token `start` + i of view v; rows lie `pitch` values apart. float32, or
  /// binary16 if `half` is 1, infinite beyond 65504.
  uint64_t y;
  uint32_t views, tokens, start, count;
  uint32_t columns, pitch, half, part;
  float epsilon;
  uint32_t reserved;
};

/// mean: the mean of the patches' rows of the residual stream.
///
/// Grid: (⌈columns / MEAN_COLUMNS⌉, views, 1).
struct mean_arguments {
  /// float32, `[views · tokens, columns]`; `[views, columns]`.
  uint64_t x, y;
  uint32_t tokens, prefix, columns;
  uint32_t reserved;
};

/// A kernel: its name, its threads and bytes of dynamic shared memory a block (above 49152 only if
/// asked for), and the registers a thread that it may use on any card.
struct kernel {
  const char *name;
  uint32_t block, shared, argument_bytes, registers;
};

#ifdef __cplusplus
extern "C" {
#endif

/// The kernel at an index; NULL beyond the last.
const struct kernel *kernel_at(int index);

/// The kernel of a name; NULL if there is none.
const struct kernel *kernel_named(const char *name);

#ifdef __cplusplus
}
#endif
