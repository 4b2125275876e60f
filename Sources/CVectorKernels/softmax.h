// An online softmax over base-2 scores. Source: Milakov & Gimelshein 2018, alg. 3.
#pragma once

#include "elementary.h"

// The first n scores become 2^(score − maximum); the result holds them, and zeros.
INLINE vec exponentiate_n(float *score, size_t n, float maximum) {
  vec e = exp2_of(load_n(score, n, -1e30f) - maximum);
  store_n(score, e, n);
  return e;
}

// A row of them, and their sum. Most of a softmax's time goes here, so the rest stands apart.
INLINE float exponentiate(float *score, size_t columns, float maximum) {
  vec sums = {0};
  size_t i = 0;
  for (; i + LANES <= columns; i += LANES) sums += exponentiate_n(score + i, LANES, maximum);
  if (i < columns) sums += exponentiate_n(score + i, columns - i, maximum);
  return sum_of(sums);
}

static void softmax_step(float *scores, size_t scores_stride, size_t rows, size_t columns,
                         float *maximum, float *total, float *output, size_t output_stride,
                         size_t output_columns) {
  for (size_t r = 0; r < rows; r++) {
    float *score = scores + r * scores_stride, *out = output + r * output_stride;
    vec top = all_lanes(maximum[r]);
    for (size_t i = 0; i < columns; i += LANES)
      top = larger(top, load_n(score + i, lanes_at(i, columns), maximum[r]));
    float new_maximum = largest_of(top);
    float sum = exponentiate(score, columns, new_maximum);
    float shrink = exp2_of(all_lanes(maximum[r] - new_maximum))[0];
    total[r] = total[r] * shrink + sum;
    maximum[r] = new_maximum;
    if (shrink == 1.0f) continue;
    for (size_t i = 0; i < output_columns; i += LANES) {
      size_t n = lanes_at(i, output_columns);
      store_n(out + i, load_n(out + i, n, 0) * shrink, n);
    }
  }
}

static void softmax_end(const float *x, size_t x_stride, float *y, size_t y_stride, size_t rows,
                        size_t columns, const float *total) {
  for (size_t r = 0; r < rows; r++) {
    float scale = 1.0f / total[r];
    for (size_t i = 0; i < columns; i += LANES) {
      size_t n = lanes_at(i, columns);
      store_n(y + r * y_stride + i, load_n(x + r * x_stride + i, n, 0) * scale, n);
    }
  }
}
