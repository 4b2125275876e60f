// Sixteen queries of a warp over a tile of keys and values, in the fragments of mma.m16n8k16: a
// lane has two of the sixteen rows.
#pragma once

#include "tiles.h"

enum {
  ATTEND_KEYS = 64,
  ATTEND_TILE_BYTES = ATTEND_KEYS * TILE_ROW_BYTES,
  KEY_BLOCKS = ATTEND_KEYS / 8,
  VALUE_BLOCKS = HEAD_DIM / 8,
  // Steps of 16 of a product's depth.
  HEAD_STEPS = HEAD_DIM / 16,
  KEY_STEPS = ATTEND_KEYS / 16,
};

// What is no key has this score.
constexpr float NO_SCORE = -1e30f;

template <enum kind kind>
struct query_strip {
  u32 queries[parts<kind>][HEAD_STEPS][4];
  float scores[KEY_BLOCKS][4];
  // Exponentials of the scores.
  u32 weights[parts<kind>][KEY_STEPS][4];
  float found[VALUE_BLOCKS][4];
  float maximum[2], total[2];

  DEVICE void clear() {
    UNROLL
    for (int i = 0; i < VALUE_BLOCKS * 4; i++) found[i / 4][i % 4] = 0;
    UNROLL
    for (int h = 0; h < 2; h++) maximum[h] = NO_SCORE, total[h] = 0;
  }

  DEVICE void read(u32 tile, int part, int row) {
    int lane = thread_index() % 32;
    UNROLL
    for (int k = 0; k < HEAD_STEPS; k++)
      load_matrices(queries[part][k], tile + chunk_at(row + lane % 16, 2 * k + lane / 16));
  }

  // The scores of eight keys.
  DEVICE void score(int j, const u32 (&keys)[parts<kind>][HEAD_STEPS / 2][4]) {
    UNROLL
    for (int i = 0; i < 4; i++) scores[j][i] = 0;
    if (kind == SPLIT16) {
      add(scores[j], queries[1], keys[0]);
      add(scores[j], queries[0], keys[parts<kind> - 1]);
      UNROLL
      for (int i = 0; i < 4; i++) scores[j][i] *= 1 / SPLIT_SCALE;
    }
    add(scores[j], queries[0], keys[0]);
  }

  DEVICE static void add(float (&sum)[4], const u32 (&a)[HEAD_STEPS][4],
                         const u32 (&b)[HEAD_STEPS / 2][4]) {
    UNROLL
    for (int k = 0; k < HEAD_STEPS; k++)
      multiply(sum, a[k], b[k / 2][k % 2 * 2], b[k / 2][k % 2 * 2 + 1]);
  }

  // Takes away the scores of a tile's keys from `count` on.
  DEVICE void mask(int count) {
    UNROLL
    for (int i = 0; i < KEY_BLOCKS * 4; i++)
      if (i / 4 * 8 + thread_index() % 4 * 2 + i % 2 >= count) scores[i / 4][i % 4] = NO_SCORE;
  }

  // Adds the totals of the four lanes that have a row.
  DEVICE void add_totals() {
    UNROLL
    for (int h = 0; h < 2; h++) {
      total[h] += across(total[h], 1);
      total[h] += across(total[h], 2);
    }
  }

  // Turns scores into exponentials, and what was found before to the new maximum.
  //
  // Source: Milakov & Gimelshein 2018, alg. 3.
  DEVICE void exponentiate(float scale) {
    UNROLL
    for (int h = 0; h < 2; h++) {
      float top = maximum[h];
      UNROLL
      for (int i = 0; i < KEY_BLOCKS * 2; i++) top = larger(top, scores[i / 2][2 * h + i % 2]);
      top = larger(top, across(top, 1));
      top = larger(top, across(top, 2));
      float factor = exp2_of((maximum[h] - top) * scale), start = top * scale, sum = 0;
      maximum[h] = top;
      UNROLL
      for (int i = 0; i < KEY_BLOCKS * 2; i++) {
        float &x = scores[i / 2][2 * h + i % 2];
        x = exp2_of(x * scale - start);
        sum += x;
      }
      total[h] = PLANTED(SUM_NOT_RESCALED) ? total[h] + sum : total[h] * factor + sum;
      UNROLL
      for (int i = 0; i < VALUE_BLOCKS * 2; i++) found[i / 2][2 * h + i % 2] *= factor;
    }
    UNROLL
    for (int i = 0; i < KEY_STEPS * 4; i++) {
      const float *x = &scores[i / 2][i % 2 * 2];
      weights[0][i / 4][i % 4] = pack(x[0], x[1]);
      if (kind == SPLIT16)
        weights[parts<kind> - 1][i / 4][i % 4] = pack_rest(weights[0][i / 4][i % 4], x[0], x[1]);
    }
  }
};
