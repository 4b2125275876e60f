// Sums along thirty lines through each pixel. Needs LANES.
#pragma once

#include "classical.h"
#include "membrane.h"

// The index inside for one beyond an end: d c b a | a b c d | d c b a. Source: SciPy's `reflect`.
INLINE size_t mirrored(ptrdiff_t i, size_t length) {
  const ptrdiff_t n = (ptrdiff_t)length, period = 2 * n;
  i = (i % period + period) % period;
  return (size_t)(i < n ? i : period - 1 - i);
}

INLINE size_t membrane_stride(size_t columns) {
  return (columns + 2 * LINE_REACH + LANES - 1) / LANES * LANES + LANES;
}

static size_t membrane_scratch(size_t rows, size_t columns) {
  return (rows + 2 * LINE_REACH) * membrane_stride(columns);
}

INLINE void in_order(vec *a, vec *b) {
  const vec low = smaller(*a, *b);
  *b = larger(*a, *b);
  *a = low;
}

// The six statistics of the sums of one vector of pixels.
INLINE void summarise(vec *sums, struct feature_tile tile, float *out, size_t n) {
  vec most = sums[0], least = sums[0], sum = sums[0];
  UNROLL for (int k = 1; k < LINES; k++) {
    most = larger(sums[k], most);
    least = smaller(sums[k], least);
    sum += sums[k];
  }
  const vec mean = sum / (float)LINES;
  vec squares = {0};
  UNROLL for (int k = 0; k < LINES; k++) squares += (sums[k] - mean) * (sums[k] - mean);
#define PAIR(a, b) in_order(&sums[a], &sums[b]);
  MIDDLE_OF_30(PAIR)
#undef PAIR
  const vec values[MEMBRANE_CHANNELS] = {
      mean, most, least, sum, __builtin_elementwise_sqrt(squares / (float)LINES),
      (sums[LINES / 2 - 1] + sums[LINES / 2]) * 0.5f};
  UNROLL for (int c = 0; c < MEMBRANE_CHANNELS; c++)
      store_n(out + (size_t)c * tile.plane, values[c], n);
}

static void membrane(struct grey_picture picture, struct feature_tile tile, float *scratch) {
  const size_t stride = membrane_stride(tile.columns);
  for (size_t y = 0; y < tile.rows + 2 * LINE_REACH; y++) {
    const float *levels =
        picture.levels +
        mirrored((ptrdiff_t)(tile.top + y) - LINE_REACH, picture.height) * picture.width;
    for (size_t x = 0; x < stride; x++)
      scratch[y * stride + x] =
          levels[mirrored((ptrdiff_t)(tile.left + x) - LINE_REACH, picture.width)] / 255;
  }
  ptrdiff_t places[LINES][LINE_PIXELS];
  for (int k = 0; k < LINES; k++)
    for (int j = 0; j < line_lengths[k]; j++)
      places[k][j] = line_places[k][j][0] * (ptrdiff_t)stride + line_places[k][j][1];
  float *out = tile.out + (SCALE_CHANNELS + DIFFERENCE_CHANNELS) * tile.plane;
  for (size_t y = 0; y < tile.rows; y++)
    for (size_t x = 0; x < tile.columns; x += LANES) {
      const float *pixel = scratch + (y + LINE_REACH) * stride + x + LINE_REACH;
      vec sums[LINES];
      for (int k = 0; k < LINES; k++) {
        vec sum = load(pixel + places[k][0]);
        for (int j = 1; j < line_lengths[k]; j++) sum += load(pixel + places[k][j]);
        sums[k] = sum;
      }
      const size_t left = tile.columns - x;
      summarise(sums, tile, out + y * tile.stride + x, left < LANES ? left : LANES);
    }
}
