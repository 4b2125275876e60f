// Softmax attention of one head over packed keys and values.
#pragma once

#include "encoder_kernels.h"
#include "softmax.h"
#include "tile.h"

// Panels of ATTENTION_WIDTH keys, [dim, ATTENTION_WIDTH] words each.
INLINE void pack_keys(const enum kind kind, const float *keys, size_t stride, size_t first,
                      size_t count, size_t dim, word *packed) {
  size_t depth = words_of(kind, dim);
  for (size_t key = first; key < first + count; key++) {
    const float *row = keys + (key - first) * stride;
    word *column = packed + key / ATTENTION_WIDTH * ATTENTION_WIDTH * depth + key % ATTENTION_WIDTH;
    if (kind == FLOAT32) {
      for (size_t d = 0; d < dim; d++) memcpy(column + d * ATTENTION_WIDTH, row + d, sizeof(word));
      continue;
    }
    for (size_t d = 0; d < dim; d += LANES) {
      size_t n = lanes_at(d, dim);
      uvec bits = bfloat16_of(load_n(row + d, n, 0));
      for (size_t i = 0; i < n; i += 2)
        column[(d + i) / 2 * ATTENTION_WIDTH] = bits[i] | bits[i + 1] << 16;
    }
  }
}

// Panels of ATTENTION_WIDTH columns, [keys, ATTENTION_WIDTH] words each. The two halves of a word
// may come from two blocks of keys, on two threads: each is written for itself.
INLINE void pack_values(const enum kind kind, const float *values, size_t stride, size_t first,
                        size_t count, size_t total, size_t dim, word *packed) {
  size_t depth = words_of(kind, total);
  for (size_t key = first; key < first + count; key++)
    for (size_t d = 0; d < dim; d += LANES) {
      size_t n = lanes_at(d, dim);
      vec x = load_n(values + (key - first) * stride + d, n, 0);
      word *to = packed + d / ATTENTION_WIDTH * ATTENTION_WIDTH * depth +
                 (kind == BFLOAT16 ? key / 2 : key) * ATTENTION_WIDTH + d % ATTENTION_WIDTH;
      if (kind == BFLOAT16) {
        uvec bits = bfloat16_of(x);
        uint16_t *half = (uint16_t *)to + key % 2;
        for (size_t i = 0; i < n; i++) half[2 * i] = (uint16_t)bits[i];
      } else {
        store_n((float *)to, x, n);
      }
    }
}

INLINE void attend(const enum kind kind, const float *queries, size_t stride, size_t rows,
                   size_t dim, float scale, const word *keys, const word *values, size_t total,
                   float *result, size_t result_stride, word *scratch) {
  size_t padded = panels_of(dim, ATTENTION_WIDTH) * ATTENTION_WIDTH;
  size_t depth = words_of(kind, dim), deep = words_of(kind, total);
  size_t strips = panels_of(rows, ATTENTION_ROWS);
  float *scores = (float *)scratch;                          // [ATTENTION_ROWS, ATTENTION_TILE]
  float *output = scores + ATTENTION_ROWS * ATTENTION_TILE;  // [rows, padded]
  float *maximum = output + rows * padded;                   // [rows]
  float *sum = maximum + rows;                               // [rows]
  float *scaled = sum + rows;                                // [rows, dim]; of pairs, one row
  // [rows, depth]
  word *left = kind == BFLOAT16 ? (word *)(scaled + dim) : (word *)scaled;
  memset(output, 0, rows * padded * sizeof(float));
  for (size_t r = 0; r < rows; r++) {
    float *row = kind == BFLOAT16 ? scaled : scaled + r * dim;
    for (size_t d = 0; d < dim; d++) row[d] = queries[r * stride + d] * scale;
    if (kind == BFLOAT16) round_row(row, dim, left + r * depth);
    maximum[r] = -1e30f, sum[r] = 0;
  }
  for (size_t tile = 0; tile < total; tile += ATTENTION_TILE) {
    size_t count = total - tile < ATTENTION_TILE ? total - tile : ATTENTION_TILE;
    for (size_t s = 0; s < strips; s++) {
      size_t row = s * rows / strips, n = (s + 1) * rows / strips - row;
      for (size_t key = 0; key < count; key += ATTENTION_WIDTH)
        tile_product(kind, ATTENTION_ROWS, ATTENTION_VECTORS, n, left + row * depth, depth,
                     keys + (tile + key) * depth, depth, NULL, 0, NULL, scores + key,
                     ATTENTION_TILE, s == 0);
      softmax_step(scores, ATTENTION_TILE, n, count, maximum + row, sum + row,
                   output + row * padded, padded, padded);
      // A rounded row takes the place of its first half.
      if (kind == BFLOAT16)
        for (size_t r = 0; r < n; r++)
          round_row(scores + r * ATTENTION_TILE, count, (word *)scores + r * ATTENTION_TILE);
      for (size_t d = 0; d < padded; d += ATTENTION_WIDTH) {
        float *out = output + row * padded + d;
        tile_product(kind, ATTENTION_ROWS, ATTENTION_VECTORS, n, (const word *)scores,
                     ATTENTION_TILE,
                     values + d * deep + words_of(kind, tile) * ATTENTION_WIDTH,
                     words_of(kind, count), out, padded, NULL, out, padded, s == 0);
      }
    }
  }
  softmax_end(output, padded, result, result_stride, rows, dim, sum);
}

INLINE size_t packed_keys(const enum kind kind, size_t total, size_t dim) {
  return panels_of(total, ATTENTION_WIDTH) * ATTENTION_WIDTH * words_of(kind, dim);
}

INLINE size_t packed_values(const enum kind kind, size_t total, size_t dim) {
  return panels_of(dim, ATTENTION_WIDTH) * ATTENTION_WIDTH * words_of(kind, total);
}

INLINE size_t attend_scratch(const enum kind kind, size_t rows, size_t dim) {
  size_t left = kind == BFLOAT16 ? dim + rows * words_of(BFLOAT16, dim) : rows * dim;
  size_t padded = panels_of(dim, ATTENTION_WIDTH) * ATTENTION_WIDTH;
  return ATTENTION_ROWS * ATTENTION_TILE + rows * (padded + 2) + left;
}

#define ATTENTION(precision, kind)                                                               \
  static void pack_keys_##precision(const float *keys, size_t stride, size_t first,              \
                                    size_t count, size_t dim, void *packed) {                    \
    pack_keys(kind, keys, stride, first, count, dim, packed);                                    \
  }                                                                                              \
  static void pack_values_##precision(const float *values, size_t stride, size_t first,          \
                                      size_t count, size_t total, size_t dim, void *packed) {    \
    pack_values(kind, values, stride, first, count, total, dim, packed);                         \
  }                                                                                              \
  static void attend_##precision(const float *queries, size_t stride, size_t rows, size_t dim,   \
                                 float scale, const void *keys, const void *values,              \
                                 size_t total, float *result, size_t result_stride,              \
                                 void *scratch) {                                                \
    attend(kind, queries, stride, rows, dim, scale, keys, values, total, result, result_stride,  \
           scratch);                                                                             \
  }                                                                                              \
  static size_t packed_keys_##precision(size_t total, size_t dim) {                              \
    return packed_keys(kind, total, dim);                                                        \
  }                                                                                              \
  static size_t packed_values_##precision(size_t total, size_t dim) {                            \
    return packed_values(kind, total, dim);                                                      \
  }                                                                                              \
  static size_t attend_scratch_##precision(size_t rows, size_t dim) {                            \
    return attend_scratch(kind, rows, dim);                                                      \
  }

ATTENTION(float32, FLOAT32)
ATTENTION(bfloat16, BFLOAT16)
