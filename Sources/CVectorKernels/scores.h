// Products for fitting classifiers, and planes of scores. Needs LANES.
#pragma once

#include "classical.h"
#include "elementary.h"
#include "score_kernels.h"

INLINE dvec load_doubles(const float *p) {
  hvec f;
  memcpy(&f, p, sizeof f);
  return __builtin_convertvector(f, dvec);
}

// Lanes are added in halves, so that the order is the same each time.
INLINE double sum_of_d(dvec v) {
  double lane[HALF];
  memcpy(lane, &v, sizeof v);
  for (int half = HALF / 2; half > 0; half /= 2)
    for (int i = 0; i < half; i++) lane[i] += lane[i + half];
  return lane[0];
}

enum { CLASSES_TOGETHER = 4 };

// `n` rows by `m` vectors.
INLINE void product_block(const int n, const int m, size_t dim, size_t stride, const float *x,
                          const double *w, const double *bias, size_t classes, double *out) {
  dvec sum[2][CLASSES_TOGETHER] = {0};
  size_t d = 0;
  for (; d + HALF <= dim; d += HALF)
    UNROLL for (int i = 0; i < n; i++) {
      const dvec v = load_doubles(x + (size_t)i * stride + d);
      UNROLL for (int k = 0; k < m; k++) sum[i][k] += v * load_d(w + (size_t)k * dim + d);
    }
  for (int i = 0; i < n; i++)
    for (int k = 0; k < m; k++) {
      double rest = sum_of_d(sum[i][k]);
      for (size_t e = d; e < dim; e++)
        rest += (double)x[(size_t)i * stride + e] * w[(size_t)k * dim + e];
      out[(size_t)i * classes + (size_t)k] = bias[k] + rest;
    }
}

#define EACH_WIDTH(m, CALL) \
  switch (m) {              \
    case 1: CALL(1); break; \
    case 2: CALL(2); break; \
    case 3: CALL(3); break; \
    default: CALL(4); break; \
  }

static void products(size_t rows, size_t dim, size_t stride, const float *x, size_t classes,
                     const double *w, const double *bias, double *out) {
  for (size_t i = 0; i < rows; i += 2)
    for (size_t k = 0; k < classes; k += CLASSES_TOGETHER) {
      const float *row = x + i * stride;
      double *o = out + i * classes + k;
#define TWO_ROWS(m) product_block(2, m, dim, stride, row, w + k * dim, bias + k, classes, o)
#define ONE_ROW(m) product_block(1, m, dim, stride, row, w + k * dim, bias + k, classes, o)
      if (i + 2 <= rows) EACH_WIDTH(classes - k, TWO_ROWS)
      else EACH_WIDTH(classes - k, ONE_ROW)
#undef TWO_ROWS
#undef ONE_ROW
    }
}

// `m` sums of one vector of columns each.
INLINE void sum_block(const int m, size_t rows, size_t dim, size_t stride, const float *x,
                      size_t classes, const double *r, double *out) {
  dvec sum[CLASSES_TOGETHER];
  UNROLL for (int k = 0; k < m; k++) sum[k] = load_d(out + (size_t)k * dim);
  for (size_t i = 0; i < rows; i++) {
    const dvec v = load_doubles(x + i * stride);
    UNROLL for (int k = 0; k < m; k++) sum[k] += r[i * classes + (size_t)k] * v;
  }
  UNROLL for (int k = 0; k < m; k++) store_d(out + (size_t)k * dim, sum[k]);
}

static void sums(size_t rows, size_t dim, size_t stride, const float *x, size_t classes,
                 const double *r, double *out) {
  for (size_t k = 0; k < classes; k += CLASSES_TOGETHER) {
    const size_t m = classes - k < CLASSES_TOGETHER ? classes - k : CLASSES_TOGETHER;
    size_t d = 0;
    for (; d + HALF <= dim; d += HALF) {
#define ONE_VECTOR(m) \
  sum_block(m, rows, dim, stride, x + d, classes, r + k, out + k * dim + d)
      EACH_WIDTH(m, ONE_VECTOR)
#undef ONE_VECTOR
    }
    for (; d < dim; d++)
      for (size_t c = k; c < k + m; c++) {
        double sum = out[c * dim + d];
        for (size_t i = 0; i < rows; i++) sum += r[i * classes + c] * x[i * stride + d];
        out[c * dim + d] = sum;
      }
  }
}

enum { TOGETHER_WITH_CLASSES = 2 };

// `m` scores of `v` vectors of pixels, or, with v = 1, of n pixels.
INLINE void project_block(const int m, const int v, size_t n, size_t channels,
                          const float *planes, size_t plane, size_t classes, const float *w,
                          const float *bias, const float *rows, float *out, size_t out_plane) {
  vec sum[CLASSES_TOGETHER][TOGETHER_WITH_CLASSES];
  UNROLL for (int k = 0; k < m; k++)
    UNROLL for (int i = 0; i < v; i++) {
      float start[LANES] = {0};
      if (rows)
        for (size_t p = 0; p < n; p++)
          start[p] = rows[((size_t)(i * LANES) + p) * classes + (size_t)k];
      sum[k][i] = load(start) + bias[k];
    }
  for (size_t c = 0; c < channels; c++)
    UNROLL for (int i = 0; i < v; i++) {
      const vec x = load_n(planes + c * plane + i * LANES, n, 0);
      UNROLL for (int k = 0; k < m; k++) sum[k][i] += w[(size_t)k * channels + c] * x;
    }
  UNROLL for (int k = 0; k < m; k++)
    UNROLL for (int i = 0; i < v; i++)
      store_n(out + (size_t)k * out_plane + i * LANES, sum[k][i], n);
}

static void project(size_t channels, size_t pixels, const float *planes, size_t plane,
                    size_t classes, const float *w, const float *bias, const float *rows,
                    float *out, size_t out_plane) {
  for (size_t p = 0; p < pixels;) {
    const int wide = pixels - p >= TOGETHER_WITH_CLASSES * LANES;
    const size_t n = pixels - p < LANES ? pixels - p : LANES;
    for (size_t k = 0; k < classes; k += CLASSES_TOGETHER) {
      const float *r = rows ? rows + p * classes + k : NULL;
      float *o = out + k * out_plane + p;
#define WIDE(m)                                                                               \
  project_block(m, TOGETHER_WITH_CLASSES, LANES, channels, planes + p, plane, classes,        \
                w + k * channels, bias + k, r, o, out_plane)
#define NARROW(m) \
  project_block(m, 1, n, channels, planes + p, plane, classes, w + k * channels, bias + k, r, \
                o, out_plane)
      if (wide) EACH_WIDTH(classes - k, WIDE)
      else EACH_WIDTH(classes - k, NARROW)
#undef WIDE
#undef NARROW
    }
    p += wide ? TOGETHER_WITH_CLASSES * LANES : n;
  }
}

static void plane_softmax(size_t classes, size_t pixels, float *planes, size_t plane) {
  const float log2_e = 1.4426950408889634f;
  for (size_t p = 0; p < pixels; p += LANES) {
    const size_t n = pixels - p < LANES ? pixels - p : LANES;
    vec most = load_n(planes + p, n, 0), sum = {0};
    for (size_t k = 1; k < classes; k++) most = larger(load_n(planes + k * plane + p, n, 0), most);
    for (size_t k = 0; k < classes; k++) {
      const vec e = exp2_of((load_n(planes + k * plane + p, n, 0) - most) * log2_e);
      store_n(planes + k * plane + p, e, n);
      sum += e;
    }
    for (size_t k = 0; k < classes; k++)
      store_n(planes + k * plane + p, load_n(planes + k * plane + p, n, 0) / sum, n);
  }
}

static void plane_labels(size_t classes, size_t pixels, const float *planes, size_t plane,
                         const uint8_t *names, uint8_t *out) {
  for (size_t p = 0; p < pixels; p += LANES) {
    const size_t n = pixels - p < LANES ? pixels - p : LANES;
    vec most = load_n(planes + p, n, 0);
    ivec best = {0};
    for (size_t k = 1; k < classes; k++) {
      const vec v = load_n(planes + k * plane + p, n, 0);
      const ivec is_larger = v > most;
      most = choose(is_larger, v, most);
      best = (ivec)choose(is_larger, (vec)((ivec){0} + (int32_t)k), (vec)best);
    }
    for (size_t i = 0; i < n; i++) out[p + i] = names[best[i]];
  }
}

static void uncertainty(enum uncertainty_kind kind, size_t classes, size_t pixels,
                        const float *planes, size_t plane, float *out) {
  if (kind == UNCERTAINTY_ENTROPY) {
    const float scale = classes > 1 ? -1 / logf((float)classes) : 0;
    for (size_t p = 0; p < pixels; p++) {
      float sum = 0;
      for (size_t k = 0; k < classes; k++) {
        const float q = planes[k * plane + p];
        if (q > 0) sum += q * logf(q);
      }
      const float value = sum * scale;
      out[p] = value < 0 ? 0 : value > 1 ? 1 : value;
    }
    return;
  }
  for (size_t p = 0; p < pixels; p += LANES) {
    const size_t n = pixels - p < LANES ? pixels - p : LANES;
    vec first = load_n(planes + p, n, 0), second = {0};
    for (size_t k = 1; k < classes; k++) {
      const vec v = load_n(planes + k * plane + p, n, 0);
      second = larger(second, smaller(first, v));
      first = larger(first, v);
    }
    const vec value = kind == UNCERTAINTY_MARGIN ? 1 - (first - second) : 1 - first;
    store_n(out + p, larger(value, (vec){0}), n);
  }
}

static void bytes(size_t pixels, const float *in, uint8_t *out) {
  for (size_t p = 0; p < pixels; p++) {
    const float scaled = 255 * in[p] + 0.5f;
    out[p] = (uint8_t)(int32_t)(scaled < 0 ? 0 : scaled > 255 ? 255 : scaled);
  }
}

// Adds a row, or takes it away, from the sums of each column.
INLINE void add_row(size_t width, double sign, const float *row, const float *factor,
                    double *columns) {
  if (factor)
    for (size_t x = 0; x < width; x++) columns[x] += sign * ((double)row[x] * factor[x]);
  else
    for (size_t x = 0; x < width; x++) columns[x] += sign * row[x];
}

static void box(size_t height, size_t width, size_t radius, size_t first, size_t end,
                const float *in, const float *factor, const float *onto, float *out,
                double *columns) {
  for (size_t x = 0; x < width; x++) columns[x] = 0;
  size_t top = first > radius ? first - radius : 0, below = top;
  for (size_t y = first; y < end; y++) {
    const size_t stop = y + radius + 1 < height ? y + radius + 1 : height;
    for (; below < stop; below++)
      add_row(width, 1, in + below * width, factor ? factor + below * width : NULL, columns);
    for (; top + radius < y; top++)
      add_row(width, -1, in + top * width, factor ? factor + top * width : NULL, columns);
    const size_t reach = radius < width ? radius : width;
    double sum = 0;
    for (size_t x = 0; x < reach; x++) sum += columns[x];
    const double rows = (double)(below - top);
    for (size_t x = 0; x < width; x++) {
      if (x + radius < width) sum += columns[x + radius];
      if (x > radius) sum -= columns[x - radius - 1];
      const size_t left = x > radius ? x - radius : 0;
      const size_t right = x + radius < width ? x + radius + 1 : width;
      const float mean = (float)(sum / ((double)(right - left) * rows));
      const size_t p = y * width + x;
      out[p] = onto ? out[p] * onto[p] + mean : mean;
    }
  }
}

static void inverse_variance(size_t pixels, const float *mean, float epsilon, float *squares) {
  for (size_t p = 0; p < pixels; p++) {
    const float variance = squares[p] - mean[p] * mean[p];
    squares[p] = 1 / ((variance > 0 ? variance : 0) + epsilon);
  }
}

static void guide(size_t pixels, const float *mean, const float *inverse, float *mean_p,
                  float *mean_ip) {
  for (size_t p = 0; p < pixels; p++) {
    const float slope = (mean_ip[p] - mean[p] * mean_p[p]) * inverse[p];
    mean_p[p] -= slope * mean[p];
    mean_ip[p] = slope;
  }
}

#include "clusters.h"

const struct score_kernels SCORE_SET = {
    .name = NAME,
    .products = products,
    .sums = sums,
    .sparse_sums = sparse_sums,
    .label_band = label_band,
    .project = project,
    .softmax = plane_softmax,
    .labels = plane_labels,
    .uncertainty = uncertainty,
    .bytes = bytes,
    .box = box,
    .inverse_variance = inverse_variance,
    .guide = guide,
};
