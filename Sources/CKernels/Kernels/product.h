// Linear layers: rows of a · wᵀ + bias, in blocks of 128 × 128 by 8 warps of 64 × 32.
#pragma once

#include "ends.h"
#include "tiles.h"

enum {
  PRODUCT_THREADS = 256,
  // Tiles of a and w in work or on their way.
  PRODUCT_STAGES = 3,
  PRODUCT_TILE_BYTES = PRODUCT_ROWS * TILE_ROW_BYTES,
  PRODUCT_SHARED = PRODUCT_STAGES * 2 * PRODUCT_TILE_BYTES,
};

// Sums of one warp's 64 × 32 values: [row of 16][column of 8][fragment].
typedef float product_sums[4][4][4];

// sums += a · wᵀ over one tile's depth.
DEVICE void multiply_tile(product_sums &sums, u32 a, u32 w, int row, int column) {
  int lane = thread_index() % 32;
  UNROLL
  for (int k = 0; k < TILE_DEPTH / 16; k++) {
    u32 x[4][4], y[2][4];
    UNROLL
    for (int i = 0; i < 4; i++)
      load_matrices(x[i], a + chunk_at(row + i * 16 + lane % 16, 2 * k + lane / 16));
    UNROLL
    for (int j = 0; j < 2; j++)
      load_matrices(y[j], w + chunk_at(column + j * 16 + lane % 8 + lane / 16 * 8,
                                       2 * k + lane / 8 % 2));
    UNROLL
    for (int i = 0; i < 4; i++)
      UNROLL
      for (int j = 0; j < 2; j++) {
        multiply(sums[i][2 * j], x[i], y[j][0], y[j][1]);
        multiply(sums[i][2 * j + 1], x[i], y[j][2], y[j][3]);
      }
  }
}

// Of SPLIT16 the depth is passed three times: rest · value, value · rest, and, when these are
// scaled back, value · value.
template <enum kind kind, enum end end>
DEVICE void product(const product_arguments &p) {
  const int first_row = ((int)p.first + block_y()) * PRODUCT_ROWS;
  const int first_column = block_x() * PRODUCT_COLUMNS;
  const int rows = (int)p.rows - first_row, columns = (int)p.columns - first_column;
  const int depth = (int)p.depth, steps = (depth + TILE_DEPTH - 1) / TILE_DEPTH;
  const int passes = kind == SPLIT16 ? 3 : 1, all = passes * steps;
  const u16 *a = operand_row<kind>(p.a, first_row, depth);
  const u16 *w = operand_row<kind>(p.w, first_column, depth);
  const long long stride = (long long)depth * parts<kind>;

  const u32 start = shared_start();

  auto begin = [&](int step) {
    u32 tile = start + step % PRODUCT_STAGES * 2 * PRODUCT_TILE_BYTES;
    int pass = step < steps ? 0 : step < 2 * steps ? 1 : 2;
    int at = (step - pass * steps) * TILE_DEPTH, rest = (depth - at) / 8;
    const u16 *x = a + at, *y = w + at;
    if (kind == SPLIT16 && pass == 0) x += depth;
    if (kind == SPLIT16 && pass == 1) y += depth;
    if (step < all) {
      begin_tile<PRODUCT_ROWS, PRODUCT_THREADS>(
          tile, [&](int r) { return x + r * stride; },
          [&](int r, int c) { return r < rows && (c < rest || PLANTED(MISSING_DEPTH_MASK)); });
      begin_tile<PRODUCT_COLUMNS, PRODUCT_THREADS>(
          tile + PRODUCT_TILE_BYTES, [&](int r) { return y + r * stride; },
          [&](int r, int c) { return r < columns && c < rest; });
    }
    end_group();
  };

  product_sums sums = {};
  UNROLL
  for (int step = 0; step < PRODUCT_STAGES - 1; step++) begin(step);
  const int warp = thread_index() / 32, row = warp / 4 * 64, column = warp % 4 * 32;
  for (int step = 0; step < all; step++) {
    if (PLANTED(WAIT_FOR_TOO_FEW)) wait_for_groups<PRODUCT_STAGES - 1>();
    else wait_for_groups<PRODUCT_STAGES - 2>();
    // What others copied is there, and what they read is free.
    if (!PLANTED(MISSING_BARRIER_AFTER_WAIT)) meet();
    begin(step + PRODUCT_STAGES - 1);
    u32 tile = start + step % PRODUCT_STAGES * 2 * PRODUCT_TILE_BYTES;
    if (kind == SPLIT16 && step == 2 * steps && !PLANTED(REST_NOT_SCALED))
      UNROLL
      for (int i = 0; i < 64; i++) sums[i / 16][i / 4 % 4][i % 4] *= 1 / SPLIT_SCALE;
    multiply_tile(sums, tile, tile + PRODUCT_TILE_BYTES, row, column);
  }

  const int lane = thread_index() % 32;
  UNROLL
  for (int i = 0; i < 8; i++) {
    int r = row + i * 8 + lane / 4;
    if (r >= rows) continue;
    bool is_out = false;
    UNROLL
    for (int j = 0; j < 4; j++) {
      int c = column + j * 8 + lane % 4 * 2;
      if (c >= columns) continue;
      const float(&sum)[4] = sums[i / 2][j];
      is_out |= finish_pair<kind, end>(p, first_row + r, first_column + c, sum[i % 2 * 2],
                                       sum[i % 2 * 2 + 1]);
    }
    report(is_out, p.flags, first_row + r, (int)p.tokens - (end == EMBED ? (int)p.prefix : 0));
  }
}
