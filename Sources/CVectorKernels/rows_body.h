// The loops of rows.h. Included by one file for each kind of CPU, which defines NAME and SET.

#include <math.h>
#include <string.h>

#include "rows.h"

// Sixteen values at any address of a float: one register of AVX-512, two of AVX, four of SSE.
typedef float lanes __attribute__((vector_size(64), aligned(4), may_alias));

#define LANES 16
#define BLOCK (4 * LANES)
#define AT(pointer) (*(const lanes *)(pointer))
#define PUT(pointer, value) (*(lanes *)(pointer) = (value))

static void combine(size_t begin, size_t end, const float *const *sources, const int32_t *cells,
                    const float *weights, const float *centre, size_t first, size_t rows,
                    size_t dim, float *out) {
  // Without a centre the rows are one long row.
  const size_t length = centre ? dim : rows * dim;
  const size_t repeats = centre ? rows : 1;
  for (size_t r = 0; r < repeats; r++) {
    const size_t skipped = first * dim + r * length;
    float *o = out + r * length;
    size_t i = 0;
    for (; i + BLOCK <= length; i += BLOCK) {
      lanes a = {0}, b = {0}, c = {0}, d = {0};
      lanes ca = {0}, cb = {0}, cc = {0}, cd = {0};
      if (centre) {
        ca = AT(centre + i);
        cb = AT(centre + i + LANES);
        cc = AT(centre + i + 2 * LANES);
        cd = AT(centre + i + 3 * LANES);
      }
      for (size_t j = begin; j < end; j++) {
        const float *s = sources[cells ? (size_t)cells[j] : j] + skipped + i;
        const float w = weights[j];
        a += w * (AT(s) - ca);
        b += w * (AT(s + LANES) - cb);
        c += w * (AT(s + 2 * LANES) - cc);
        d += w * (AT(s + 3 * LANES) - cd);
      }
      PUT(o + i, a);
      PUT(o + i + LANES, b);
      PUT(o + i + 2 * LANES, c);
      PUT(o + i + 3 * LANES, d);
    }
    for (; i < length; i++) {
      const float middle = centre ? centre[i] : 0;
      float sum = 0;
      for (size_t j = begin; j < end; j++) {
        const float *s = sources[cells ? (size_t)cells[j] : j] + skipped;
        sum += weights[j] * (s[i] - middle);
      }
      o[i] = sum;
    }
  }
}

static void expand(size_t first, size_t width, size_t dim, const int32_t *starts,
                   const int32_t *cells, const float *weights, const float *lines, size_t stride,
                   float *out) {
  size_t before = 0;
  starts += first;
  for (size_t x = 0; x < width; x++, out += stride) {
    const int32_t *c = cells + starts[x];
    const float *w = weights + starts[x];
    const size_t n = (size_t)(starts[x + 1] - starts[x]);
    // Neighbours often mix the same cells alike; then a copy gives the same bits sooner.
    if (x > 0 && n == before && memcmp(c, c - n, n * sizeof *c) == 0 &&
        memcmp(w, w - n, n * sizeof *w) == 0) {
      memcpy(out, out - stride, dim * sizeof *out);
      continue;
    }
    before = n;
    size_t i = 0;
    for (; i + BLOCK <= dim; i += BLOCK) {
      lanes s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
      for (size_t j = 0; j < n; j++) {
        const float *s = lines + (size_t)c[j] * dim + i;
        s0 += w[j] * AT(s);
        s1 += w[j] * AT(s + LANES);
        s2 += w[j] * AT(s + 2 * LANES);
        s3 += w[j] * AT(s + 3 * LANES);
      }
      PUT(out + i, s0);
      PUT(out + i + LANES, s1);
      PUT(out + i + 2 * LANES, s2);
      PUT(out + i + 3 * LANES, s3);
    }
    for (; i < dim; i++) {
      float sum = 0;
      for (size_t j = 0; j < n; j++) sum += w[j] * lines[(size_t)c[j] * dim + i];
      out[i] = sum;
    }
  }
}

static void halves(size_t count, const float *restrict in, uint16_t *restrict out) {
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, in + i, sizeof bits);
    const uint32_t sign = bits >> 16 & 0x8000u;
    const uint32_t magnitude = bits & 0x7fffffffu;
    // From 2^-14 on: the exponent's bias goes from 127 to 15; half of what is cut off is added,
    // less one unit where the last kept bit is even.
    const uint32_t rounded = magnitude + 0xfffu + (magnitude >> 13 & 1u);
    const uint32_t normal = (rounded - 0x38000000u) >> 13;
    // Below: beside one half, a float's last bit counts 2^-24, as a subnormal half's does.
    float absolute;
    memcpy(&absolute, &magnitude, sizeof absolute);
    const float beside = absolute + 0.5f;
    uint32_t subnormal;
    memcpy(&subnormal, &beside, sizeof subnormal);
    subnormal -= 0x3f000000u;
    uint32_t half = magnitude < 0x38800000u ? subnormal : normal;
    half = magnitude >= 0x477ff000u ? 0x7c00u : half;
    half = magnitude > 0x7f800000u ? (0x7e00u | (magnitude >> 13 & 0x3ffu)) : half;
    out[i] = (uint16_t)(sign | half);
  }
}

static void floats(size_t count, const uint16_t *restrict in, float *restrict out) {
  for (size_t i = 0; i < count; i++) {
    const uint32_t half = in[i], magnitude = half & 0x7fffu;
    // The exponent's bias goes from 15 to 127 by a product, which makes subnormals normal too.
    const uint32_t bits = magnitude << 13;
    float small;
    memcpy(&small, &bits, sizeof small);
    small *= 0x1p112f;
    uint32_t wide;
    memcpy(&wide, &small, sizeof wide);
    wide |= magnitude >= 0x7c00u ? 0x7f800000u : 0;
    wide |= half << 16 & 0x80000000u;
    memcpy(out + i, &wide, sizeof wide);
  }
}

static float norm(size_t dim, const float *v) {
  lanes a = {0}, b = {0}, c = {0}, d = {0};
  size_t i = 0;
  for (; i + BLOCK <= dim; i += BLOCK) {
    a += AT(v + i) * AT(v + i);
    b += AT(v + i + LANES) * AT(v + i + LANES);
    c += AT(v + i + 2 * LANES) * AT(v + i + 2 * LANES);
    d += AT(v + i + 3 * LANES) * AT(v + i + 3 * LANES);
  }
  a += b + (c + d);
  float sum = 0;
  for (size_t lane = 0; lane < LANES; lane++) sum += a[lane];
  for (; i < dim; i++) sum += v[i] * v[i];
  if (sum > 1e-20f && sum < 1e30f) return sqrtf(sum);
  double exact = 0;
  for (i = 0; i < dim; i++) exact += (double)v[i] * v[i];
  return (float)sqrt(exact);
}

static void norms(size_t rows, size_t dim, size_t stride, const float *in, float *out) {
  for (size_t r = 0; r < rows; r++) out[r] = norm(dim, in + r * stride);
}

static void normalise(size_t rows, size_t dim, size_t stride, float *values) {
  for (size_t r = 0; r < rows; r++) {
    float *v = values + r * stride;
    const float length = norm(dim, v);
    if (length == 0) continue;
    for (size_t i = 0; i < dim; i++) v[i] /= length;
  }
}

static void softmax(size_t rows, size_t dim, size_t stride, float *values) {
  for (size_t r = 0; r < rows; r++) {
    float *v = values + r * stride;
    float largest = v[0], sum = 0;
    for (size_t i = 1; i < dim; i++) largest = v[i] > largest ? v[i] : largest;
    for (size_t i = 0; i < dim; i++) sum += v[i] = expf(v[i] - largest);
    for (size_t i = 0; i < dim; i++) v[i] /= sum;
  }
}

static void labels(size_t rows, size_t dim, size_t stride, const float *in, uint8_t *out) {
  for (size_t r = 0; r < rows; r++) {
    const float *v = in + r * stride;
    float largest = -INFINITY;
    size_t label = 0;
    for (size_t i = 0; i < dim; i++) {
      const int isLarger = v[i] > largest;
      largest = isLarger ? v[i] : largest;
      label = isLarger ? i : label;
    }
    out[r] = (uint8_t)label;
  }
}

const struct row_kernels SET = {
    .name = NAME,
    .combine = combine,
    .expand = expand,
    .norms = norms,
    .normalise = normalise,
    .softmax = softmax,
    .labels = labels,
    .halves = halves,
    .floats = floats,
};
