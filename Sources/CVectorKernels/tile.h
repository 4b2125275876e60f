// Products of tiles that stay in registers: c = a · b or start + a · b, over the words of words.h.
// Of whole numbers, c and start are whole numbers of 32 bits.
//
//                          width = vectors * LANES
//                     +---------+---------+---------+
//   a panel of b,     | right 0 | right 1 | right 2 |  step 0
//   [depth, width]    |         |         |         |  step 1
//                     :         :         :         :
//                     |         |         |         |  step d + AHEAD: fetched at step d, if new
//                     +---------+---------+---------+  step depth - 1
//
//   a, [rows, depth]  +---------+---------+---------+
//   row 0 [... d ...] | sum 0 0 | sum 0 1 | sum 0 2 |  sum r v += a[r][d] in all lanes * right v
//   row 1 [... d ...] | sum 1 0 | sum 1 1 | sum 1 2 |
//                     +---------+---------+---------+  c, [rows, width]
//
// b's columns are cut into panels as wide as a tile, the last filled up with zero. Panels lie one
// after the other, [panels, depth, width], so a tile reads its panel from front to end:
//
//   | panel 0: step 0, step 1, ... | panel 1: step 0, step 1, ... | ...
//
#pragma once

#include "words.h"

// Sums, one row of b and one word fill the registers: 9 · 3 + 3 + 1 and 6 · 4 + 4 + 1 of AVX-512's
// 32, 6 · 2 + 2 + 1 of 16. Four vectors of AVX-512 are as wide as most heads, 64.
#if LANES == 16
enum { LAYER_ROWS = 9, LAYER_VECTORS = 3, ATTENTION_ROWS = 6, ATTENTION_VECTORS = 4 };
#else
enum { LAYER_ROWS = 6, LAYER_VECTORS = 2, ATTENTION_ROWS = 6, ATTENTION_VECTORS = 2 };
#endif

// The most of any tile, and how many steps ahead b is fetched: 32 steps of 9 · 3 products at two a
// cycle are 430 cycles, about what the main memory takes.
enum { MOST_ROWS = 9, MOST_VECTORS = 4, AHEAD = 32 };

enum { LAYER_WIDTH = LAYER_VECTORS * LANES, ATTENTION_WIDTH = ATTENTION_VECTORS * LANES };

INLINE size_t panels_of(size_t columns, size_t width) { return (columns + width - 1) / width; }

// c = a · b, or start + a · b unless `start` is null, of one panel; strides and depth in words.
// With `factors`, one for each row, c = c + factor · (a · b) of whole numbers, c being floats.
// `is_first` says that the panel was not read before and lies beyond the second-level cache.
INLINE void fixed_tile(const enum kind kind, const int rows, const int vectors, const word *a,
                       size_t a_stride, const word *b, size_t depth, const float *start,
                       size_t start_stride, const float *factors, float *c, size_t c_stride,
                       const int is_first) {
  vec sum[MOST_ROWS][MOST_VECTORS];
  // A register for each row: addresses made anew in every step would take the place of products
  // where two threads share a core.
  const word *left[MOST_ROWS];
  UNROLL for (int r = 0; r < rows; r++) {
    UNROLL for (int v = 0; v < vectors; v++)
      sum[r][v] = start ? load(start + (size_t)r * start_stride + v * LANES) : (vec){0};
    left[r] = a + (size_t)r * a_stride;
    __asm__("" : "+r"(left[r]));
  }
#pragma clang loop unroll_count(4)
  for (size_t d = 0; d < depth; d++, b += vectors * LANES) {
    uvec right[MOST_VECTORS];
    UNROLL for (int v = 0; v < vectors; v++) {
      right[v] = load_words(b + v * LANES);
      // A number, since the last of these addresses lie beyond the panel.
      uintptr_t ahead = (uintptr_t)b + sizeof(vec) * (size_t)(AHEAD * vectors + v);
      if (is_first) __builtin_prefetch((const void *)ahead);
    }
    UNROLL for (int r = 0; r < rows; r++) {
      uvec factor = all_words(left[r] + d);
      UNROLL for (int v = 0; v < vectors; v++)
        sum[r][v] = multiply_add(kind, sum[r][v], factor, right[v]);
    }
  }
  UNROLL for (int r = 0; r < rows; r++)
    UNROLL for (int v = 0; v < vectors; v++) {
      float *to = c + (size_t)r * c_stride + v * LANES;
      vec found = sum[r][v];
      if (factors) found = load(to) + factors[r] * __builtin_convertvector((ivec)found, vec);
      store(to, found);
    }
}

#define TILE_CASE(n)                                                                           \
  case n:                                                                                      \
    if (n <= most && is_first)                                                                 \
      fixed_tile(kind, n, vectors, a, a_stride, b, depth, start, start_stride, factors, c,     \
                 c_stride, 1);                                                                 \
    else if (n <= most)                                                                        \
      fixed_tile(kind, n, vectors, a, a_stride, b, depth, start, start_stride, factors, c,     \
                 c_stride, 0);                                                                 \
    break;

// The same for any number of rows up to `most`. Loops over a constant number keep sums in
// registers, and a loop that fetches nothing ahead is one of its own.
INLINE void tile_product(const enum kind kind, const int most, const int vectors, size_t rows,
                         const word *a, size_t a_stride, const word *b, size_t depth,
                         const float *start, size_t start_stride, const float *factors, float *c,
                         size_t c_stride, int is_first) {
  switch (rows) {
    TILE_CASE(1) TILE_CASE(2) TILE_CASE(3) TILE_CASE(4) TILE_CASE(5)
    TILE_CASE(6) TILE_CASE(7) TILE_CASE(8) TILE_CASE(9)
  }
}
