// The loops of encoder_kernels.h over vectors of LANES floats. Included by one file for each kind
// of CPU, which defines LANES, SET, NAME, and the rows and vectors of two kinds of tiles: a tile's
// sums, one row of its right-hand side and one broadcast word fill the registers.

#include <stdint.h>
#include <string.h>

#include "encoder_kernels.h"

typedef float vec __attribute__((vector_size(LANES * 4)));
typedef int32_t ivec __attribute__((vector_size(LANES * 4)));
typedef uint32_t uvec __attribute__((vector_size(LANES * 4)));

#define INLINE static inline __attribute__((always_inline))

INLINE vec load(const float *p) {
  vec v;
  memcpy(&v, p, sizeof v);
  return v;
}

// One value in every lane. x − 0 is x for every x, so only the broadcast is left.
INLINE vec all_lanes(float x) { return x - (vec){0}; }

INLINE void store(float *p, vec v) { memcpy(p, &v, sizeof v); }

// The first n lanes; the others hold `rest`.
INLINE vec load_some(const float *p, size_t n, float rest) {
  vec v = all_lanes(rest);
  memcpy(&v, p, n * sizeof(float));
  return v;
}

INLINE void store_some(float *p, vec v, size_t n) { memcpy(p, &v, n * sizeof(float)); }

INLINE ivec choose_bits(ivec mask, ivec a, ivec b) { return (a & mask) | (b & ~mask); }

INLINE vec choose(ivec mask, vec a, vec b) { return (vec)choose_bits(mask, (ivec)a, (ivec)b); }

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

// 2^x for x ≤ 127, relative error below 2.5e-7, rounding included; 0 below −127. A minimax
// polynomial of degree 5 for 2^f, |f| ≤ ½, whose whole part goes into the exponent.
INLINE vec exp2_of(vec x) {
  const float magic = 12582912.0f;  // 1.5 · 2²³: adding it rounds to a whole number
  vec t = larger(x, all_lanes(-127.0f));
  vec shifted = t + magic;
  vec f = t - (shifted - magic);
  vec p = all_lanes(0.0013276472454890609f);
  p = p * f + 0.009675540961325169f;
  p = p * f + 0.05550713092088699f;
  p = p * f + 0.24022120237350464f;
  p = p * f + 0.6931469440460205f;
  p = p * f + 1.0000001192092896f;
  ivec exponent = (((ivec)shifted - 0x4B400000) + 127) << 23;
  return p * (vec)exponent;
}

// t · Φ(t). Φ(−u) = ½ · 2^(u · q(u)) with q of degree 7 fitted to log₂ 2Φ(−u) on [0, 6], weighted
// so that the absolute error of u · Φ(−u) is below 1e-8; beyond 6, Φ(−u) is below 1e-9.
INLINE vec gelu_of(vec t) {
  vec u = smaller(choose(t < 0, -t, t), all_lanes(6.0f));
  vec q = all_lanes(-1.902065832837252e-06f);
  q = q * u + 2.805694384733215e-05f;
  q = q * u - 0.00013147323625162244f;
  q = q * u - 0.00027207567472942173f;
  q = q * u + 0.007245420943945646f;
  q = q * u - 0.05262761190533638f;
  q = q * u - 0.4591621458530426f;
  q = q * u - 1.1511110067367554f;
  vec tail = exp2_of(u * q) * 0.5f;
  return t * choose(t < 0, tail, 1.0f - tail);
}

INLINE vec silu_of(vec t) {
  const float log2_e = 1.4426950408889634f;
  return t / (1.0f + exp2_of(smaller(t * -log2_e, all_lanes(126.0f))));
}

// Runs a statement for each full vector of a row, then for what is left of it.
#define OVER_COLUMNS(FULL, REST)                      \
  do {                                                \
    size_t i = 0;                                     \
    for (; i + LANES <= columns; i += LANES) { FULL } \
    size_t n = columns - i;                           \
    if (n > 0) { REST }                               \
  } while (0)

static void layer_norm(const float *x, size_t x_stride, float *y, size_t y_stride, size_t rows,
                       size_t columns, const float *weight, const float *bias, float epsilon) {
  for (size_t r = 0; r < rows; r++, x += x_stride, y += y_stride) {
    vec total = {0};
    OVER_COLUMNS(total += load(x + i);, total += load_some(x + i, n, 0););
    float mean = sum_of(total) / (float)columns;
    vec squares = {0};
    OVER_COLUMNS(vec d = load(x + i) - mean; squares += d * d;
                 , vec d = load_some(x + i, n, mean) - mean; squares += d * d;);
    float scale = 1.0f / __builtin_sqrtf(sum_of(squares) / (float)columns + epsilon);
    OVER_COLUMNS(
        store(y + i, (load(x + i) - mean) * scale * load(weight + i) + load(bias + i));
        , store_some(y + i,
                     (load_some(x + i, n, 0) - mean) * scale * load_some(weight + i, n, 0) +
                         load_some(bias + i, n, 0),
                     n););
  }
}

static void add_bias(float *x, size_t x_stride, size_t rows, size_t columns, const float *bias) {
  for (size_t r = 0; r < rows; r++, x += x_stride)
    OVER_COLUMNS(store(x + i, load(x + i) + load(bias + i));
                 , store_some(x + i, load_some(x + i, n, 0) + load_some(bias + i, n, 0), n););
}

static void softmax_step(float *scores, size_t scores_stride, size_t rows, size_t columns,
                         float *maximum, float *total, float *output, size_t output_stride,
                         size_t output_columns) {
  for (size_t r = 0; r < rows; r++, scores += scores_stride, output += output_stride) {
    vec top = all_lanes(maximum[r]);
    OVER_COLUMNS(top = larger(top, load(scores + i));
                 , top = larger(top, load_some(scores + i, n, maximum[r])););
    float new_maximum = largest_of(top);
    vec sums = {0};
    OVER_COLUMNS(vec e = exp2_of(load(scores + i) - new_maximum); store(scores + i, e); sums += e;
                 , vec e = exp2_of(load_some(scores + i, n, -1e30f) - new_maximum);
                 store_some(scores + i, e, n); sums += e;);
    vec shrink = exp2_of(all_lanes(maximum[r] - new_maximum));
    total[r] = total[r] * shrink[0] + sum_of(sums);
    maximum[r] = new_maximum;
    if (shrink[0] != 1.0f) {
      size_t columns = output_columns;
      OVER_COLUMNS(store(output + i, load(output + i) * shrink[0]);
                   , store_some(output + i, load_some(output + i, n, 0) * shrink[0], n););
    }
  }
}

static void softmax_end(const float *x, size_t x_stride, float *y, size_t y_stride, size_t rows,
                        size_t columns, const float *total) {
  for (size_t r = 0; r < rows; r++, x += x_stride, y += y_stride) {
    float scale = 1.0f / total[r];
    OVER_COLUMNS(store(y + i, load(x + i) * scale);
                 , store_some(y + i, load_some(x + i, n, 0) * scale, n););
  }
}

#include "tile_body.h"
#include "layer_body.h"
#include "attention_body.h"

#ifdef MULTIPLIES_BFLOAT16
#define HAS_BFLOAT16 1
#else
#define HAS_BFLOAT16 0
#endif

#define PRODUCTS(precision)                               \
  {                                                       \
      .apply = apply_##precision,                         \
      .pack_keys = pack_keys_##precision,                 \
      .pack_values = pack_values_##precision,             \
      .attend = attend_##precision,                       \
      .packed_weights_size = packed_weights_##precision,  \
      .packed_keys_size = packed_keys_##precision,        \
      .packed_values_size = packed_values_##precision,    \
      .apply_scratch_size = apply_scratch_##precision,    \
      .attend_scratch_size = attend_scratch_##precision,  \
  }

const struct encoder_kernels SET = {
    .name = NAME,
    .multiplies_bfloat16 = HAS_BFLOAT16,
    .layer_norm = layer_norm,
    .add_bias = add_bias,
    .softmax_step = softmax_step,
    .softmax_end = softmax_end,
    .pack_weights = pack_weights,
    .round_weights = round_weights,
    .float32 = PRODUCTS(float32),
    .bfloat16 = PRODUCTS(bfloat16),
};
