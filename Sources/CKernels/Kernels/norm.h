// Layer normalisation, one warp a row. A row is read three times, the last two from the cache.
#pragma once

#include "kernels.h"
#include "operands.h"
#include "reductions.h"

enum { NORM_THREADS = 32 * NORM_ROWS };

struct alignas(16) four_floats {
  float values[4];
};

DEVICE four_floats four_at(const float *x, int index) { return *(const four_floats *)(x + index); }

// What turns a row's values into normed ones.
struct row_norm {
  const float *weight, *bias;
  float mean, scale;

  // Source: Ba et al. 2016, eq. 3–4.
  DEVICE row_norm(const float *x, int columns, unsigned long long weight_at,
                  unsigned long long bias_at, float epsilon)
      : weight((const float *)weight_at), bias((const float *)bias_at), mean(0), scale(1) {
    float sum = 0, squares = 0;
    each(x, columns, [&](int, const four_floats &x) {
      UNROLL
      for (int j = 0; j < 4; j++) sum += x.values[j];
    });
    mean = sum_of_warp(sum) / (float)columns;
    each(x, columns, [&](int, const four_floats &x) {
      UNROLL
      for (int j = 0; j < 4; j++) {
        float difference = x.values[j] - mean;
        squares += difference * difference;
      }
    });
    scale = 1 / square_root(sum_of_warp(squares) / (float)columns + epsilon);
  }

  // Calls `visit` with each column that is this lane's, and the four values from it on.
  template <typename Visit>
  DEVICE static void each(const float *x, int columns, Visit visit) {
#pragma unroll 4
    for (int n = thread_index() % 32 * 4; n < columns; n += 128) visit(n, four_at(x, n));
  }

  DEVICE four_floats operator()(int n, const four_floats &x) const {
    four_floats w = four_at(weight, n), b = four_at(bias, n), y;
    UNROLL
    for (int j = 0; j < 4; j++)
      y.values[j] = (x.values[j] - mean) * scale * w.values[j] + b.values[j];
    return y;
  }
};

template <enum kind kind>
DEVICE void norm(const norm_arguments &p) {
  const int row = block_x() * NORM_ROWS + thread_index() / 32, columns = (int)p.columns;
  if (row >= (int)p.rows) return;
  const float *x = (const float *)p.x + (long long)row * columns;
  const row_norm normed(x, columns, p.weight, p.bias, p.epsilon);
  u16 *y = operand_row<kind>(p.y, row, columns);
  bool is_out = false;
  row_norm::each(x, columns, [&](int n, const four_floats &values) {
    four_floats z = normed(n, values);
    UNROLL
    for (int j = 0; j < 4; j += 2)
      is_out |= put<kind>(y, columns, n + j, z.values[j], z.values[j + 1]);
  });
  report(is_out, p.flags, row, (int)p.tokens);
}
