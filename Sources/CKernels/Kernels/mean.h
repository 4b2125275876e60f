// Means of columns over the patches of a view.
#pragma once

#include "device.h"
#include "kernels.h"

enum {
  MEAN_THREADS = 256,
  MEAN_SHARES = MEAN_THREADS / MEAN_COLUMNS,
  MEAN_SHARED = MEAN_THREADS * 8,
};

// Each thread adds every eighth row; sums are float64.
DEVICE void mean_of_patches(const mean_arguments &p) {
  const int column = block_x() * MEAN_COLUMNS + thread_index() % MEAN_COLUMNS;
  const int share = thread_index() / MEAN_COLUMNS, columns = (int)p.columns;
  const int tokens = (int)p.tokens, prefix = (int)p.prefix;
  const float *x = (const float *)p.x + (long long)block_y() * tokens * columns;
  double *sums = (double *)shared_memory, sum = 0;
  if (column < columns)
    for (int row = prefix + share; row < tokens; row += MEAN_SHARES)
      sum += x[(long long)row * columns + column];
  sums[thread_index()] = sum;
  meet();
  if (share > 0 || column >= columns) return;
  for (int i = 1; i < MEAN_SHARES; i++) sum += sums[i * MEAN_COLUMNS + thread_index()];
  ((float *)p.y)[(long long)block_y() * columns + column] = (float)(sum / (tokens - prefix));
}
