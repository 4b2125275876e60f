// Vectors of LANES floats. Needs LANES, 4, 8 or 16, of the set's file.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef float vec __attribute__((vector_size(LANES * 4)));
typedef int32_t ivec __attribute__((vector_size(LANES * 4)));
typedef uint32_t uvec __attribute__((vector_size(LANES * 4)));

#define INLINE static inline __attribute__((always_inline))

// Before a loop over a constant number, whose vectors then stay in registers.
#define UNROLL _Pragma("clang loop unroll(full)")

INLINE vec load(const float *p) {
  vec v;
  memcpy(&v, p, sizeof v);
  return v;
}

INLINE void store(float *p, vec v) { memcpy(p, &v, sizeof v); }

// 0, 1, 2, …
#if LANES == 16
#define LANE_NUMBERS ((ivec){0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15})
#elif LANES == 8
#define LANE_NUMBERS ((ivec){0, 1, 2, 3, 4, 5, 6, 7})
#else
#define LANE_NUMBERS ((ivec){0, 1, 2, 3})
#endif

// One value in every lane. x − 0 is x for every x, so only the broadcast is left.
INLINE vec all_lanes(float x) { return x - (vec){0}; }

// The columns that a vector at column i takes of a row: LANES, or what is left at its end. Written
// so that a loop over i asks one question for all its vectors.
INLINE size_t lanes_at(size_t i, size_t columns) {
  return i < columns - columns % LANES ? LANES : columns % LANES;
}

// The first n lanes, n ≤ LANES; the others hold `rest`.
INLINE vec load_n(const float *p, size_t n, float rest) {
  if (__builtin_expect(n == LANES, 1)) return load(p);
  vec v = all_lanes(rest);
  memcpy(&v, p, n * sizeof(float));
  return v;
}

INLINE void store_n(float *p, vec v, size_t n) {
  if (__builtin_expect(n == LANES, 1)) return store(p, v);
  memcpy(p, &v, n * sizeof(float));
}

// a where the mask is −1, as comparisons make it, b where it is 0.
INLINE vec choose(ivec mask, vec a, vec b) {
  return (vec)(((ivec)a & mask) | ((ivec)b & ~mask));
}

INLINE vec larger(vec a, vec b) { return choose(a > b, a, b); }

INLINE vec smaller(vec a, vec b) { return choose(a < b, a, b); }

// Lanes are added in halves, so that the order is the same each time.
INLINE float sum_of(vec v) {
  float lane[LANES];
  memcpy(lane, &v, sizeof v);
  for (int half = LANES / 2; half > 0; half /= 2)
    for (int i = 0; i < half; i++) lane[i] += lane[i + half];
  return lane[0];
}

INLINE float largest_of(vec v) {
  float lane[LANES];
  memcpy(lane, &v, sizeof v);
  for (int half = LANES / 2; half > 0; half /= 2)
    for (int i = 0; i < half; i++) lane[i] = lane[i] > lane[i + half] ? lane[i] : lane[i + half];
  return lane[0];
}

// The largest lane, in every lane.
INLINE vec spread_largest(vec v) {
#if LANES == 16
#define SHUFFLED(...) __builtin_shufflevector(v, v, __VA_ARGS__)
  v = larger(v, SHUFFLED(8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  v = larger(v, SHUFFLED(4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11));
  v = larger(v, SHUFFLED(2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
  return larger(v, SHUFFLED(1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14));
#undef SHUFFLED
#else
  return all_lanes(largest_of(v));
#endif
}
