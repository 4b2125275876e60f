// Rows of floats as whole numbers from −127 to 127, each row with a scale of its own.
#pragma once

#include "words.h"

// Adding it rounds to a whole number, ties to even, whose lowest bits are then those of the float.
#define ROUNDING_MAGIC 12582912.0f  // 1.5 · 2²³
enum {
  ROUNDING_BITS = 0x4B400000,
  NUMBER_BITS = 32 / NUMBERS,
  NUMBER_MASK = (1 << NUMBER_BITS) - 1,
};

INLINE vec magnitude_of(vec x) { return (vec)((uvec)x & 0x7fffffff); }

// What a row of which `largest` is the largest magnitude is multiplied by. Rows that are as good as
// zero become it.
INLINE float fineness_of(float largest) { return largest > 1e-30f ? 127 / largest : 0; }

// The nearest whole numbers, in the low bits of each lane. Product and sum are rounded apart, so
// that all sets make the same.
INLINE uvec nearest_numbers(vec x, vec fineness) {
  vec scaled = x * fineness;
  return (uvec)(scaled + ROUNDING_MAGIC);
}

typedef uint8_t byte_vec __attribute__((vector_size(LANES)));
typedef uint16_t short_vec __attribute__((vector_size(LANES * 2)));

// The lowest bits of the first n lanes.
INLINE void store_left(left_number *to, uvec bits, size_t n) {
#if MULTIPLIES_INT8
  byte_vec narrow = __builtin_convertvector(bits, byte_vec);
#else
  short_vec narrow = __builtin_convertvector(bits, short_vec);
#endif
  if (__builtin_expect(n == LANES, 1)) memcpy(to, &narrow, sizeof narrow);
  else memcpy(to, &narrow, n * sizeof(left_number));
}

// Writes a row's numbers plus `offset`; the result is the scale that makes floats of them, no
// number if any of them is none or infinite.
INLINE float quantise_row(const float *x, size_t columns, uint32_t offset, void *y) {
  left_number *to = y;
  vec top = {0}, sound = {0};
  for (size_t i = 0; i < columns; i += LANES) {
    vec v = load_n(x + i, lanes_at(i, columns), 0);
    top = larger(magnitude_of(v), top);
    sound += v * 0.0f;
  }
  float largest = largest_of(top), fineness = fineness_of(largest);
  for (size_t i = 0; i < columns; i += LANES) {
    size_t n = lanes_at(i, columns);
    store_left(to + i, nearest_numbers(load_n(x + i, n, 0), all_lanes(fineness)) + offset, n);
  }
  return (fineness > 0 ? largest / 127 : 0) + sum_of(sound);
}
