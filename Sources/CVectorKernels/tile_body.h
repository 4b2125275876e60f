// Products of tiles that stay in registers. Included by encoder_kernels_body.h, whose vectors it
// uses. Operands are words of 4 bytes: a float, or two neighbours along the depth as bfloat16.

#ifdef MULTIPLIES_BFLOAT16
#include <immintrin.h>
#endif

typedef uint32_t word;

#define MAX_VECTORS (LAYER_VECTORS > ATTENTION_VECTORS ? LAYER_VECTORS : ATTENTION_VECTORS)

INLINE size_t words_of(int pairs, size_t depth) { return pairs ? (depth + 1) / 2 : depth; }

INLINE ivec load_words(const word *p) {
  ivec v;
  memcpy(&v, p, sizeof v);
  return v;
}

// The words hold floats, or are read as numbers: their type is left open.
INLINE ivec all_words(const word *p) {
  int32_t w;
  memcpy(&w, p, sizeof w);
  return (ivec){0} + w;
}

// sum + left · right. Of a pair the later product is added first, as VDPBF16PS does; each is exact
// in float32. That instruction takes subnormal numbers for zero, which is all that tells the two
// ways apart.
INLINE vec multiply_add(int pairs, vec sum, ivec left, ivec right) {
  if (!pairs) return sum + (vec)left * (vec)right;
#ifdef MULTIPLIES_BFLOAT16
  return (vec)_mm512_dpbf16_ps((__m512)sum, (__m512bh)left, (__m512bh)right);
#else
  const ivec late = (ivec){0} + (int32_t)0xffff0000;
  sum += (vec)(left & late) * (vec)(right & late);
  return sum + (vec)(left << 16) * (vec)(right << 16);
#endif
}

// To the nearest bfloat16, ties to even, in the lower half of each lane; NaN stays.
INLINE ivec bfloat16_of(vec x) {
  uvec bits = (uvec)x;
  uvec rounded = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  return choose_bits(x == x, (ivec)rounded, (ivec)(bits >> 16 | 0x40));
}

// A row of floats as words, the last pair filled up with zero; they may take the floats' place.
INLINE void round_row(const float *x, size_t columns, word *y) {
  typedef uint16_t half_vec __attribute__((vector_size(LANES * 2)));
  uint16_t *out = (uint16_t *)y;
  OVER_COLUMNS(half_vec h = __builtin_convertvector(bfloat16_of(load(x + i)), half_vec);
               memcpy(out + i, &h, sizeof h);
               , half_vec h = __builtin_convertvector(bfloat16_of(load_some(x + i, n, 0)), half_vec);
               memcpy(out + i, &h, n * sizeof(uint16_t)););
  if (columns % 2) out[columns] = 0;
}

// c = a · b, or c + a · b: [rows, depth] · [depth, vectors · LANES], the depth in words. `is_first`
// says that b was not read before and lies beyond the second-level cache: it is fetched ahead.
INLINE void fixed_tile(const int pairs, const int rows, const int vectors, const word *a,
                       size_t a_stride, const word *b, size_t depth, float *c, size_t c_stride,
                       int adds, const int is_first) {
  enum { AHEAD = 32 };
  vec sum[LAYER_ROWS][MAX_VECTORS];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++)
      sum[r][v] = adds ? load(c + (size_t)r * c_stride + v * LANES) : (vec){0};
  // A register for each row: addresses made anew in every step would take the place of products
  // where two threads share a core.
  const word *left[LAYER_ROWS];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) {
    left[r] = a + (size_t)r * a_stride;
    __asm__("" : "+r"(left[r]));
  }
#pragma clang loop unroll_count(4)
  for (size_t d = 0; d < depth; d++, b += vectors * LANES) {
    ivec right[MAX_VECTORS];
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) {
      right[v] = load_words(b + v * LANES);
      if (is_first) __builtin_prefetch(b + (AHEAD * vectors + v) * LANES);
    }
#pragma clang loop unroll(full)
    for (int r = 0; r < rows; r++) {
      ivec factor = all_words(left[r] + d);
#pragma clang loop unroll(full)
      for (int v = 0; v < vectors; v++)
        sum[r][v] = multiply_add(pairs, sum[r][v], factor, right[v]);
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) store(c + (size_t)r * c_stride + v * LANES, sum[r][v]);
}

#define TILE_CASE(n)                                                              \
  case n:                                                                         \
    if (n <= most && is_first)                                                    \
      fixed_tile(pairs, n, vectors, a, a_stride, b, depth, c, c_stride, adds, 1); \
    else if (n <= most)                                                           \
      fixed_tile(pairs, n, vectors, a, a_stride, b, depth, c, c_stride, adds, 0); \
    break;

// The same for any number of rows up to `most`. Loops over a constant number keep sums in
// registers, and a loop that fetches nothing ahead is one of its own.
INLINE void tile_product(const int pairs, const int most, const int vectors, size_t rows,
                         const word *a, size_t a_stride, const word *b, size_t depth, float *c,
                         size_t c_stride, int adds, int is_first) {
  switch (rows) {
    TILE_CASE(1) TILE_CASE(2) TILE_CASE(3) TILE_CASE(4) TILE_CASE(5) TILE_CASE(6)
#if LAYER_ROWS > 6
    TILE_CASE(7) TILE_CASE(8) TILE_CASE(9)
#endif
  }
}
