// The table of row_kernels.h for one kind of CPU. Needs LANES, NAME and ROW_SET.
#include <math.h>

#include "halves.h"
#include "row_kernels.h"
#include "vec.h"

// Columns whose sums are in registers at once, as many in each set.
enum { BLOCK = 64, VECTORS = BLOCK / LANES };

// One row of a combination, which begins `skipped` values after each source.
INLINE void combine_row(size_t begin, size_t end, const float *const *sources,
                        const int32_t *cells, const float *weights, const float *centre,
                        size_t skipped, size_t columns, float *out) {
  size_t i = 0;
  for (; i + BLOCK <= columns; i += BLOCK) {
    vec sum[VECTORS] = {0};
    for (size_t j = begin; j < end; j++) {
      const float *s = sources[cells ? (size_t)cells[j] : j] + skipped + i;
      UNROLL for (int v = 0; v < VECTORS; v++) {
        vec x = load(s + v * LANES);
        if (centre) x -= load(centre + i + v * LANES);
        sum[v] += weights[j] * x;
      }
    }
    UNROLL for (int v = 0; v < VECTORS; v++) store(out + i + v * LANES, sum[v]);
  }
  for (; i < columns; i++) {
    float sum = 0;
    for (size_t j = begin; j < end; j++) {
      float x = sources[cells ? (size_t)cells[j] : j][skipped + i];
      if (centre) x -= centre[i];
      sum += weights[j] * x;
    }
    out[i] = sum;
  }
}

static void combine(size_t begin, size_t end, const float *const *sources, const int32_t *cells,
                    const float *weights, const float *centre, size_t first, size_t rows,
                    size_t dim, float *out) {
  // Without a centre the rows are one long row, and there is a loop that subtracts nothing.
  if (!centre)
    combine_row(begin, end, sources, cells, weights, NULL, first * dim, rows * dim, out);
  else
    for (size_t r = 0; r < rows; r++)
      combine_row(begin, end, sources, cells, weights, centre, (first + r) * dim, dim,
                  out + r * dim);
}

// One row made of n lines. Apart from `expand`, or that has no registers left for these loops.
__attribute__((noinline)) static void mix(size_t n, const int32_t *cells, const float *weights,
                                          const float *lines, size_t dim, float *out) {
  size_t i = 0;
  for (; i + BLOCK <= dim; i += BLOCK) {
    vec sum[VECTORS] = {0};
    for (size_t j = 0; j < n; j++) {
      const float *line = lines + (size_t)cells[j] * dim + i;
      UNROLL for (int v = 0; v < VECTORS; v++) sum[v] += weights[j] * load(line + v * LANES);
    }
    UNROLL for (int v = 0; v < VECTORS; v++) store(out + i + v * LANES, sum[v]);
  }
  for (; i < dim; i++) {
    float sum = 0;
    for (size_t j = 0; j < n; j++) sum += weights[j] * lines[(size_t)cells[j] * dim + i];
    out[i] = sum;
  }
}

static void expand(size_t first, size_t width, size_t dim, const int32_t *starts,
                   const int32_t *cells, const float *weights, const float *lines, size_t stride,
                   float *out) {
  size_t before = 0;
  for (size_t x = 0; x < width; x++) {
    const int32_t start = starts[first + x], *c = cells + start;
    const float *w = weights + start;
    const size_t n = (size_t)(starts[first + x + 1] - start);
    float *row = out + x * stride;
    // Neighbours often mix the same cells alike; then a copy gives the same bits sooner.
    if (x > 0 && n == before && memcmp(c, c - n, n * sizeof *c) == 0 &&
        memcmp(w, w - n, n * sizeof *w) == 0)
      memcpy(row, row - stride, dim * sizeof *row);
    else
      mix(n, c, w, lines, dim, row);
    before = n;
  }
}

INLINE float norm(size_t dim, const float *row) {
  enum { QUARTER = VECTORS / 4 };
  vec sums[VECTORS] = {0};
  float sum = 0;
  size_t i = 0;
  for (; i + BLOCK <= dim; i += BLOCK)
    UNROLL for (int v = 0; v < VECTORS; v++) {
      vec x = load(row + i + v * LANES);
      sums[v] += x * x;
    }
  // The block's quarters are added up, then the sixteen sums in turn: so in each set.
  if (i > 0)
    UNROLL for (int v = 0; v < QUARTER; v++) {
      vec all = sums[v] + (sums[QUARTER + v] + (sums[2 * QUARTER + v] + sums[3 * QUARTER + v]));
      UNROLL for (int lane = 0; lane < LANES; lane++) sum += all[lane];
    }
  for (; i < dim; i++) sum += row[i] * row[i];
  if (sum > 1e-20f && sum < 1e30f) return sqrtf(sum);
  double exact = 0;
  for (i = 0; i < dim; i++) exact += (double)row[i] * row[i];
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
      const int is_larger = v[i] > largest;
      largest = is_larger ? v[i] : largest;
      label = is_larger ? i : label;
    }
    out[r] = (uint8_t)label;
  }
}

static void nearest(size_t rows, size_t dim, size_t stride, const float *in,
                    const float *offsets, const float *lengths, uint8_t *out) {
  float scores[256 + LANES];
  for (size_t r = 0; r < rows; r++) {
    const vec length = all_lanes(lengths ? lengths[r] : 1);
    vec top = all_lanes(-INFINITY);
    for (size_t i = 0; i < dim; i += LANES) {
      const size_t n = lanes_at(i, dim);
      const vec s = load_n(in + r * stride + i, n, -INFINITY) - length * load_n(offsets + i, n, 0);
      store(scores + i, s);
      top = larger(s, top);
    }
    const float largest = largest_of(top);
    size_t label = 0;
    while (label < dim && !(scores[label] == largest)) label++;
    out[r] = (uint8_t)(label < dim ? label : 0);
  }
}

const struct row_kernels ROW_SET = {
    .name = NAME,
    .combine = combine,
    .expand = expand,
    .norms = norms,
    .normalise = normalise,
    .softmax = softmax,
    .labels = labels,
    .nearest = nearest,
    .halves = halves,
    .floats = floats,
};
