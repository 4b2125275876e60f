// The pixels of patches by a view's index tables, one block of threads a token.
#pragma once

#include "kernels.h"
#include "operands.h"

enum { PATCHES_THREADS = 128 };

// The pixel at place n of a patch that begins at (top, left) of a view; zero beyond the last.
DEVICE float pixel_at(const patches_arguments &p, const int *rows, const int *columns, int n) {
  int patch = (int)p.patch, area = patch * patch, channel = n / area;
  if (channel >= (int)p.channels) return 0;
  int y = n % area / patch, x = n % patch;
  return ((const float *)p.planes)[(long long)channel * p.plane + rows[y] + columns[x]];
}

template <enum kind kind>
DEVICE void patches(const patches_arguments &p) {
  const int token = block_x(), view = block_z(), prefix = (int)p.prefix, dim = (int)p.dim;
  if (token < prefix) {
    float *x = (float *)p.x + ((long long)view * p.tokens + token) * dim;
    const float *from = (const float *)p.prefix_rows + (long long)token * dim;
    for (int i = thread_index(); i < dim; i += PATCHES_THREADS) x[i] = from[i];
    return;
  }
  const int grid = (int)p.tokens - prefix, patch = token - prefix, depth = (int)p.depth;
  const int top = patch / (int)p.grid_columns * (int)p.stride;
  const int left = patch % (int)p.grid_columns * (int)p.stride;
  const int *rows = (const int *)p.rows + (long long)view * p.row_pitch + top;
  const int *columns = (const int *)p.columns + (long long)view * p.column_pitch + left;
  u16 *y = operand_row<kind>(p.y, (long long)view * grid + patch, depth);
  bool is_out = false;
  for (int n = 2 * thread_index(); n < depth; n += 2 * PATCHES_THREADS)
    is_out |= put<kind>(y, depth, n, pixel_at(p, rows, columns, n),
                        pixel_at(p, rows, columns, n + 1));
  report(is_out, p.flags, view, 1);
}
