// The operands of products: words of 4 bytes, each a float, two neighbours along the depth as
// bfloat16, or whole numbers, two or four; the earlier in the lower bits. Needs MULTIPLIES_BFLOAT16
// and MULTIPLIES_INT8.
#pragma once

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "vec.h"

typedef uint32_t word;

enum kind { FLOAT32, BFLOAT16, INT8 };

// Whole numbers in a word. VPDPBUSD multiplies four, the left ones without a sign: these are stored
// with OFFSET added. Elsewhere VPMADDWD multiplies two with room for their sums. All sums are exact
// and the same.
#if MULTIPLIES_INT8
typedef uint8_t left_number;
typedef int8_t right_number;
enum { NUMBERS = 4, OFFSET = 128 };
#else
typedef int16_t left_number, right_number;
enum { NUMBERS = 2, OFFSET = 0 };
#endif

INLINE size_t words_of(const enum kind kind, size_t depth) {
  switch (kind) {
    case FLOAT32: return depth;
    case BFLOAT16: return (depth + 1) / 2;
    case INT8: return (depth + NUMBERS - 1) / NUMBERS;
  }
}

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

// sum + left · right of whole numbers, 32 bits each.
INLINE uvec multiply_add_numbers(uvec sum, uvec left, uvec right) {
#if MULTIPLIES_INT8 && LANES == 16
  return (uvec)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)left, (__m512i)right);
#elif MULTIPLIES_INT8
  return (uvec)_mm256_dpbusd_avx_epi32((__m256i)sum, (__m256i)left, (__m256i)right);
#elif defined(__x86_64__) && LANES == 16
  return sum + (uvec)_mm512_madd_epi16((__m512i)left, (__m512i)right);
#elif defined(__x86_64__) && LANES == 8
  return sum + (uvec)_mm256_madd_epi16((__m256i)left, (__m256i)right);
#elif defined(__x86_64__)
  return sum + (uvec)_mm_madd_epi16((__m128i)left, (__m128i)right);
#else
  sum += (uvec)(((ivec)left >> 16) * ((ivec)right >> 16));
  return sum + (uvec)(((ivec)(left << 16) >> 16) * ((ivec)(right << 16) >> 16));
#endif
}

// sum + left · right. Of a pair of bfloat16 the later product is added first, as VDPBF16PS does;
// each is exact in float32. That instruction takes subnormal numbers for zero, which is all that
// tells the two ways apart.
INLINE vec multiply_add(const enum kind kind, vec sum, uvec left, uvec right) {
  if (kind == FLOAT32) return sum + (vec)left * (vec)right;
  if (kind == INT8) return (vec)multiply_add_numbers((uvec)sum, left, right);
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
