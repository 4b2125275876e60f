// Linear layers over packed weights: y = what END_… says of x · Wᵀ + bias.
#pragma once

#include "elementary.h"
#include "encoder_kernels.h"
#include "numbers.h"
#include "tile.h"

enum {
  // Words of weights that all rows pass before the next are read: 400 kB, so that they stay in a
  // second-level cache of 512 KiB or more.
  GROUP_WORDS = 100000,
};

// Products that end in one tile of y: a gate and a value, or one.
INLINE size_t parts_of(const struct linear_layer *layer) {
  return layer->end == END_SWIGLU ? 2 : 1;
}

// Panels [depth, LAYER_WIDTH], a gate's before its value's.
static void pack_weights(const struct linear_layer *layer, const float *weights, float *packed) {
  size_t parts = parts_of(layer);
  for (size_t p = 0; p < panels_of(layer->columns, LAYER_WIDTH) * parts; p++)
    for (size_t c = 0; c < LAYER_WIDTH; c++) {
      size_t column = p / parts * LAYER_WIDTH + c;
      float *to = packed + p * LAYER_WIDTH * layer->depth + c;
      for (size_t d = 0; d < layer->depth; d++)
        to[d * LAYER_WIDTH] =
            column < layer->columns
                ? weights[(p % parts * layer->columns + column) * layer->depth + d]
                : 0;
    }
}

// The same panels with pairs along the depth, [depth / 2, LAYER_WIDTH].
static void round_weights(const struct linear_layer *layer, void *packed) {
  size_t depth = layer->depth, rows = words_of(BFLOAT16, depth);
  size_t panels = panels_of(layer->columns, LAYER_WIDTH) * parts_of(layer);
  const float *from = layer->weights;
  for (size_t p = 0; p < panels; p++, from += depth * LAYER_WIDTH)
    for (size_t r = 0; r < rows; r++)
      for (size_t v = 0; v < LAYER_WIDTH; v += LANES) {
        const float *early = from + 2 * r * LAYER_WIDTH + v;
        uvec late = {0};
        if (2 * r + 1 < depth) late = bfloat16_of(load(early + LAYER_WIDTH));
        uvec pair = late << 16 | bfloat16_of(load(early));
        memcpy((word *)packed + (p * rows + r) * LAYER_WIDTH + v, &pair, sizeof pair);
      }
}

// Words of one packed panel of one part. In whole numbers two rows follow the weights: what each
// column's sum starts with, and its scale.
INLINE size_t panel_words(const enum kind kind, size_t depth) {
  return (words_of(kind, depth) + (kind == INT8 ? 2 : 0)) * LAYER_WIDTH;
}

// The same panels in whole numbers, each output channel with a scale of its own. The sums start
// with what takes the left factors' offset away.
static void quantise_weights(const struct linear_layer *layer, void *packed) {
  size_t depth = layer->depth, rows = words_of(INT8, depth);
  size_t panels = panels_of(layer->columns, LAYER_WIDTH) * parts_of(layer);
  const float *from = layer->weights;
  word *to = packed;
  for (size_t p = 0; p < panels; p++, from += depth * LAYER_WIDTH, to += (rows + 2) * LAYER_WIDTH)
    for (size_t v = 0; v < LAYER_WIDTH; v += LANES) {
      vec top = {0}, fineness;
      for (size_t d = 0; d < depth; d++)
        top = larger(magnitude_of(load(from + d * LAYER_WIDTH + v)), top);
      for (int i = 0; i < LANES; i++) fineness[i] = fineness_of(top[i]);
      uvec start = {0};
      for (size_t r = 0; r < rows; r++) {
        uvec bits = {0};
        for (size_t k = 0; k < NUMBERS && r * NUMBERS + k < depth; k++) {
          const float *row = from + (r * NUMBERS + k) * LAYER_WIDTH + v;
          uvec number = nearest_numbers(load(row), fineness) - ROUNDING_BITS;
          start -= number * OFFSET;
          bits |= (number & NUMBER_MASK) << (k * NUMBER_BITS);
        }
        memcpy(to + r * LAYER_WIDTH + v, &bits, sizeof bits);
      }
      vec scale = choose(fineness > 0, top / 127, (vec){0});
      memcpy(to + rows * LAYER_WIDTH + v, &start, sizeof start);
      memcpy(to + (rows + 1) * LAYER_WIDTH + v, &scale, sizeof scale);
    }
}

// Sums of whole numbers as floats, times a row's scale and the columns'.
INLINE vec scaled_sums(const float *sums, float row_scale, const float *scales) {
  return __builtin_convertvector((ivec)load(sums), vec) * (row_scale * load(scales));
}

// One tile of products into `columns` columns of y from `first` on; a value's tile follows its
// gate's. Of whole numbers, `row_scales` are those of x, and each part's lie `part_words` apart
// from `scales` on.
INLINE void end_tile(const enum kind kind, const struct linear_layer *layer, const float *tile,
                     size_t rows, size_t first, size_t columns, const float *row_scales,
                     const float *scales, size_t part_words, float *y, size_t y_stride) {
  const float *bias = layer->bias + first;
  const float *value_bias = layer->end == END_SWIGLU ? bias + layer->columns : NULL;
  const float *scale = layer->end == END_RESIDUAL ? layer->scale + first : NULL;
  for (size_t r = 0; r < rows; r++)
    for (size_t i = 0; i < columns; i += LANES) {
      size_t n = lanes_at(i, columns);
      const float *product = tile + r * LAYER_WIDTH + i;
      float *out = y + r * y_stride + first + i;
      vec sum =
          kind == INT8 ? scaled_sums(product, row_scales[r], scales + i) : load(product);
      sum += load_n(bias + i, n, 0);
      switch (layer->end) {
        case END_BIAS: break;
        case END_GELU: sum = gelu_of(sum); break;
        case END_SWIGLU: {
          const float *other = product + LAYER_ROWS * LAYER_WIDTH;
          vec value = kind == INT8 ? scaled_sums(other, row_scales[r], scales + part_words + i)
                                   : load(other);
          value += load_n(value_bias + i, n, 0);
          sum = silu_of(sum) * value;
          break;
        }
        case END_RESIDUAL: sum = load_n(out, n, 0) + load_n(scale + i, n, 0) * sum; break;
      }
      store_n(out, sum, n);
    }
}

INLINE void apply(const enum kind kind, const struct linear_layer *layer, const float *x,
                  size_t x_stride, size_t rows, float *y, size_t y_stride, word *scratch) {
  size_t depth = words_of(kind, layer->depth), parts = parts_of(layer);
  size_t part_words = panel_words(kind, layer->depth), panel = part_words * parts;
  size_t panels = panels_of(layer->columns, LAYER_WIDTH);
  size_t group = GROUP_WORDS / (panel + 1) + 1, strips = panels_of(rows, LAYER_ROWS);
  const word *left = (const word *)x;
  size_t left_stride = x_stride;
  float *row_scales = (float *)(scratch + rows * depth);
  if (kind != FLOAT32) left = scratch, left_stride = depth;
  for (size_t r = 0; r < rows && kind == BFLOAT16; r++)
    round_row(x + r * x_stride, layer->depth, scratch + r * depth);
  for (size_t r = 0; r < rows && kind == INT8; r++)
    row_scales[r] = quantise_row(x + r * x_stride, layer->depth, OFFSET, scratch + r * depth);
  float tile[2 * LAYER_ROWS * LAYER_WIDTH];
  for (size_t start = 0; start < panels; start += group)
    for (size_t s = 0; s < strips; s++) {
      size_t first = s * rows / strips, count = (s + 1) * rows / strips - first;
      for (size_t p = start; p < panels && p < start + group; p++) {
        const word *weights = (const word *)layer->weights + p * panel;
        const float *sums = (const float *)(weights + depth * LAYER_WIDTH);
        for (size_t part = 0; part < parts; part++)
          tile_product(kind, LAYER_ROWS, LAYER_VECTORS, count, left + first * left_stride,
                       left_stride, weights + part * part_words, depth,
                       kind == INT8 ? sums + part * part_words : NULL, 0, NULL,
                       tile + part * LAYER_ROWS * LAYER_WIDTH, LAYER_WIDTH, s == 0);
        size_t column = p * LAYER_WIDTH, rest = layer->columns - column;
        end_tile(kind, layer, tile, count, column, rest < LAYER_WIDTH ? rest : LAYER_WIDTH,
                 row_scales + first, sums + LAYER_WIDTH, part_words, y + first * y_stride,
                 y_stride);
      }
    }
}

#define LAYERS(precision, kind)                                                                \
  static void apply_##precision(const struct linear_layer *layer, const float *x,              \
                                size_t x_stride, size_t rows, float *y, size_t y_stride,       \
                                void *scratch) {                                               \
    apply(kind, layer, x, x_stride, rows, y, y_stride, scratch);                               \
  }                                                                                            \
  static size_t packed_weights_##precision(const struct linear_layer *layer) {                 \
    return panels_of(layer->columns, LAYER_WIDTH) * parts_of(layer) *                          \
           panel_words(kind, layer->depth);                                                    \
  }                                                                                            \
  static size_t apply_scratch_##precision(size_t rows, size_t depth) {                         \
    return kind == FLOAT32 ? 0 : rows * (words_of(kind, depth) + (kind == INT8));              \
  }

LAYERS(float32, FLOAT32)
LAYERS(bfloat16, BFLOAT16)
LAYERS(int8, INT8)
