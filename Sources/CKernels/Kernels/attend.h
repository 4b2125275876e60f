// Softmax attention of one head of one view: 128 queries a block, keys and values in tiles of 64
// that are copied while the ones before are in work. Queries and scores stay in registers.
//
// Source: Dao 2023 (FlashAttention-2), alg. 1.
#pragma once

#include "kernels.h"
#include "query_strip.h"

// Strips of a warp: each tile of keys and values that a warp reads serves all of them.
template <enum kind kind>
constexpr int strips = kind == SPLIT16 ? 1 : 2;

template <enum kind kind>
constexpr int attend_threads = ATTEND_QUERIES / 16 / strips<kind> * 32;

template <enum kind kind>
DEVICE void score_keys(query_strip<kind> (&strip)[strips<kind>], u32 keys) {
  int lane = thread_index() % 32;
  UNROLL
  for (int j = 0; j < KEY_BLOCKS; j++) {
    u32 rows[parts<kind>][HEAD_STEPS / 2][4];
    UNROLL
    for (int part = 0; part < parts<kind>; part++)
      UNROLL
      for (int k = 0; k < HEAD_STEPS / 2; k++)
        load_matrices(rows[part][k], keys + part * ATTEND_TILE_BYTES +
                                         chunk_at(j * 8 + lane % 8, 4 * k + lane / 8));
    UNROLL
    for (int s = 0; s < strips<kind>; s++) strip[s].score(j, rows);
  }
}

template <enum kind kind>
DEVICE void add_values(query_strip<kind> (&strip)[strips<kind>], u32 values) {
  int lane = thread_index() % 32;
  UNROLL
  for (int j = 0; j < VALUE_BLOCKS / 2; j++) {
    float rest[2][4] = {};
    UNROLL
    for (int k = 0; k < KEY_STEPS; k++) {
      u32 v[parts<kind>][4];
      UNROLL
      for (int part = 0; part < parts<kind>; part++)
        load_matrices_transposed(v[part], values + part * ATTEND_TILE_BYTES +
                                              chunk_at(k * 16 + lane % 16, 2 * j + lane / 16));
      UNROLL
      for (int i = 0; i < 2 * strips<kind>; i++) {
        int s = i / 2, e = i % 2;
        multiply(strip[s].found[2 * j + e], strip[s].weights[0][k], v[0][2 * e],
                       v[0][2 * e + 1]);
        if (kind != SPLIT16) continue;
        const int last = parts<kind> - 1;
        multiply(rest[e], strip[s].weights[last][k], v[0][2 * e], v[0][2 * e + 1]);
        multiply(rest[e], strip[s].weights[0][k], v[last][2 * e], v[last][2 * e + 1]);
      }
    }
    if (kind == SPLIT16)
      UNROLL
      for (int i = 0; i < 8; i++)
        strip[0].found[2 * j + i / 4][i % 4] += rest[i / 4][i % 4] / SPLIT_SCALE;
  }
}

template <enum kind kind>
DEVICE void attend(const attend_arguments &p) {
  constexpr int threads = attend_threads<kind>, runs = parts<kind>;
  constexpr int query_bytes = ATTEND_QUERIES * TILE_ROW_BYTES;
  constexpr int tile_bytes = runs * ATTEND_TILE_BYTES;
  const int tokens = (int)p.tokens, dim = (int)p.heads * HEAD_DIM, head = block_y();
  const int first = ((int)p.first + block_x()) * ATTEND_QUERIES;
  const long long view_row = (long long)block_z() * tokens, stride = 3ll * dim * runs;
  const u16 *base = operand_row<kind>(p.qkv, view_row, 3 * dim) + head * HEAD_DIM;
  const u32 query_tile = shared_start(), key_tiles = query_tile + runs * query_bytes;
  const u32 value_tiles = key_tiles + 2 * tile_bytes;

  auto begin = [&](int tile) {
    int row = tile * ATTEND_KEYS;
    auto is_inside = [&](int r, int) { return row + r < tokens; };
    const u16 *keys = base + row * stride + dim;
    UNROLL
    for (int part = 0; part < runs; part++) {
      int at = tile % 2 * tile_bytes + part * ATTEND_TILE_BYTES;
      auto key = [&](int r) { return keys + part * 3 * dim + r * stride; };
      auto value = [&](int r) { return key(r) + dim; };
      begin_tile<ATTEND_KEYS, threads>(key_tiles + at, key, is_inside);
      begin_tile<ATTEND_KEYS, threads>(value_tiles + at, value, is_inside);
    }
    end_group();
  };

  UNROLL
  for (int part = 0; part < runs; part++)
    begin_tile<ATTEND_QUERIES, threads>(
        query_tile + part * query_bytes,
        [&](int r) { return base + part * 3 * dim + (first + r) * stride; },
        [&](int r, int) { return first + r < tokens; });
  begin(0);

  query_strip<kind> strip[strips<kind>];
  const int warp = thread_index() / 32, row = warp * 16 * strips<kind>;
  UNROLL
  for (int s = 0; s < strips<kind>; s++) strip[s].clear();
  const int tiles = (tokens + ATTEND_KEYS - 1) / ATTEND_KEYS;
  for (int tile = 0; tile < tiles; tile++) {
    if (tile + 1 < tiles) begin(tile + 1);
    if (tile + 1 == tiles) wait_for_groups<0>();
    else if (PLANTED(WAIT_FOR_TOO_FEW)) wait_for_groups<2>();
    else wait_for_groups<1>();
    if (!PLANTED(MISSING_BARRIER_AFTER_WAIT)) meet();
    if (tile == 0)
      UNROLL
      for (int i = 0; i < strips<kind> * runs; i++)
        strip[i / runs].read(query_tile + i % runs * query_bytes, i % runs, row + i / runs * 16);
    score_keys<kind>(strip, key_tiles + tile % 2 * tile_bytes);
    UNROLL
    for (int s = 0; s < strips<kind>; s++) {
      if (tile + 1 == tiles && !PLANTED(MISSING_MASK)) strip[s].mask(tokens - tile * ATTEND_KEYS);
      strip[s].exponentiate(p.scale);
    }
    add_values<kind>(strip, value_tiles + tile % 2 * tile_bytes);
    // The next copies go where these tiles are.
    if (!PLANTED(MISSING_BARRIER_AT_END)) meet();
  }

  UNROLL
  for (int s = 0; s < strips<kind>; s++) strip[s].add_totals();
  UNROLL
  for (int i = 0; i < 2 * strips<kind>; i++) {
    const query_strip<kind> &s = strip[i / 2];
    const int h = i % 2, lane = thread_index() % 32;
    float factor = 1 / s.total[h];
    int query = first + row + i / 2 * 16 + h * 8 + lane / 4;
    if (query >= tokens) continue;
    u16 *y = operand_row<kind>(p.y, view_row + query, dim);
    bool is_out = false;
    UNROLL
    for (int j = 0; j < VALUE_BLOCKS; j++)
      is_out |= put<kind>(y, dim, head * HEAD_DIM + j * 8 + lane % 4 * 2,
                          s.found[j][2 * h] * factor, s.found[j][2 * h + 1] * factor);
    report(is_out, p.flags, block_z(), 1);
  }
}
