// The operands of products: words of 4 bytes, each a float or, with `pairs`, two neighbours along
// the depth as bfloat16, the earlier in the lower half. Needs MULTIPLIES_BFLOAT16.
#pragma once

#if MULTIPLIES_BFLOAT16
#include <immintrin.h>
#endif

#include "vec.h"

typedef uint32_t word;

INLINE size_t words_of(int pairs, size_t depth) { return pairs ? (depth + 1) / 2 : depth; }

INLINE uvec load_words(const word *p) {
  uvec v;
  memcpy(&v, p, sizeof v);
  return v;
}

// One word in every lane. It may have been written as a float, so it is copied.
INLINE uvec all_words(const word *p) {
  word w;
  memcpy(&w, p, sizeof w);
  return (uvec){0} + w;
}

// sum + left · right. Of a pair the later product is added first, as VDPBF16PS does; each is exact
// in float32. That instruction takes subnormal numbers for zero, which is all that tells the two
// ways apart.
INLINE vec multiply_add(const int pairs, vec sum, uvec left, uvec right) {
  if (!pairs) return sum + (vec)left * (vec)right;
#if MULTIPLIES_BFLOAT16
  return (vec)_mm512_dpbf16_ps((__m512)sum, (__m512bh)left, (__m512bh)right);
#else
  const word late = 0xffff0000;
  sum += (vec)(left & late) * (vec)(right & late);
  return sum + (vec)(left << 16) * (vec)(right << 16);
#endif
}

// To the nearest bfloat16, ties to even, in the lower half of each lane; NaN stays.
INLINE uvec bfloat16_of(vec x) {
  uvec bits = (uvec)x;
  uvec rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  return (uvec)choose(x == x, (vec)rounded, (vec)(bits >> 16 | 0x40));
}

// The first n floats as bfloat16, n ≤ LANES.
INLINE void round_n(const float *x, size_t n, uint16_t *y) {
  typedef uint16_t half_vec __attribute__((vector_size(LANES * 2)));
  half_vec halves = __builtin_convertvector(bfloat16_of(load_n(x, n, 0)), half_vec);
  if (n == LANES) memcpy(y, &halves, sizeof halves);
  else memcpy(y, &halves, n * sizeof(uint16_t));
}

// A row of floats as pairs, the last filled up with zero; they may take the floats' place.
INLINE void round_row(const float *x, size_t columns, word *y) {
  uint16_t *out = (uint16_t *)y;
  size_t i = 0;
  for (; i + LANES <= columns; i += LANES) round_n(x + i, LANES, out + i);
  if (i < columns) round_n(x + i, columns - i, out + i);
  if (columns % 2) out[columns] = 0;
}
