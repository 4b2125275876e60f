// Features at six scales, in double precision: second differences of what was blurred are far
// smaller than its values. Needs LANES.
#pragma once

#include <math.h>

#include "picture_kernels.h"
#include "vec.h"

enum {
  HALF = LANES / 2,
  SCALES = 6,
  PER_SCALE = 7,
  // Pixels beyond a rectangle that its second differences take.
  MARGIN = 2,
  // Pixels that the widest kernel takes to either side, and what both take together.
  LARGEST_RADIUS = 26,
  HALO = LARGEST_RADIUS + MARGIN,
  // Columns and rows that a pixel's differences are of.
  NEIGHBOURS = 2 * MARGIN + 1,
  // What rows are rounded up to, a multiple of every HALF.
  GRAIN = 8,
};

typedef double dvec __attribute__((vector_size(HALF * 8)));
typedef float hvec __attribute__((vector_size(HALF * 4)));

INLINE dvec load_d(const double *p) {
  dvec v;
  memcpy(&v, p, sizeof v);
  return v;
}

INLINE void store_d(double *p, dvec v) { memcpy(p, &v, sizeof v); }

// The first n as floats.
INLINE void store_floats(float *p, dvec v, size_t n) {
  const hvec f = __builtin_convertvector(v, hvec);
  if (__builtin_expect(n >= HALF, 1)) memcpy(p, &f, sizeof f);
  else memcpy(p, &f, n * sizeof(float));
}

INLINE dvec root(dvec v) { return __builtin_elementwise_sqrt(v); }

INLINE size_t rounded_up(size_t n) { return (n + GRAIN - 1) / GRAIN * GRAIN; }

INLINE size_t clamped(ptrdiff_t i, size_t length) {
  if (i < 0) return 0;
  return (size_t)i < length ? (size_t)i : length - 1;
}

INLINE size_t taken_of(size_t n, size_t step) { return (n + step - 1) / step; }

// How many remainders the numbers of a pixel's NEIGHBOURS columns leave.
INLINE size_t remainders_of(size_t step) { return step < NEIGHBOURS ? step : NEIGHBOURS; }

// The parts of the scratch: the picture around the rectangle, one row blurred downwards, the
// blurred rectangle with its margin, and, where not all pixels are taken, its columns whose numbers
// leave the same remainder side by side.
struct scale_parts {
  size_t picture_stride, blurred_stride, taken_stride;
  double *picture, *row, *blurred, *taken;
  size_t count;
};

INLINE struct scale_parts scale_parts_of(size_t rows, size_t columns, size_t step,
                                         double *scratch) {
  struct scale_parts p;
  const size_t blurred_rows = rows + 2 * MARGIN;
  p.picture_stride = rounded_up(columns + 2 * HALO) + GRAIN;
  p.blurred_stride = rounded_up(columns + 2 * MARGIN) + GRAIN;
  p.taken_stride = step == 1 ? 0 : rounded_up(taken_of(columns + 2 * MARGIN, step)) + GRAIN;
  const size_t picture = (rows + 2 * HALO) * p.picture_stride;
  const size_t blurred = blurred_rows * p.blurred_stride;
  p.count = picture + p.picture_stride + blurred + remainders_of(step) * blurred_rows * p.taken_stride;
  p.picture = scratch;
  p.row = p.picture + picture;
  p.blurred = p.row + p.picture_stride;
  p.taken = p.blurred + blurred;
  return p;
}

static size_t scale_scratch(size_t rows, size_t columns, size_t step) {
  return scale_parts_of(rows, columns, step, NULL).count;
}

// Gaussians of deviation 0.4 σ, cut off at four deviations. Source: scikit-image's `gaussian`.
static size_t gaussian_taps(double sigma, double *taps) {
  const double deviation = 0.4 * sigma;
  const size_t radius = (size_t)(4 * deviation + 0.5);
  double sum = 0;
  for (size_t t = 0; t <= radius; t++) {
    taps[t] = exp(-0.5 * (double)(t * t) / (deviation * deviation));
    sum += t == 0 ? taps[t] : 2 * taps[t];
  }
  for (size_t t = 0; t <= radius; t++) taps[t] /= sum;
  return radius;
}

// out[x] = taps[0] in[x] + Σ taps[t] (in[x − t step] + in[x + t step]), columns rounded up.
INLINE void blur_row(const double *in, size_t step, const double *taps, size_t radius,
                     size_t columns, double *out) {
  enum { TOGETHER = 4 };
  size_t x = 0;
  for (; x + TOGETHER * HALF <= columns; x += TOGETHER * HALF) {
    dvec sum[TOGETHER];
    UNROLL for (int v = 0; v < TOGETHER; v++) sum[v] = taps[0] * load_d(in + x + v * HALF);
    for (size_t t = 1; t <= radius; t++) {
      const double *a = in + x - t * step, *b = in + x + t * step;
      UNROLL for (int v = 0; v < TOGETHER; v++)
          sum[v] += taps[t] * (load_d(a + v * HALF) + load_d(b + v * HALF));
    }
    UNROLL for (int v = 0; v < TOGETHER; v++) store_d(out + x + v * HALF, sum[v]);
  }
  for (; x < columns; x += HALF) {
    dvec sum = taps[0] * load_d(in + x);
    for (size_t t = 1; t <= radius; t++)
      sum += taps[t] * (load_d(in + x - t * step) + load_d(in + x + t * step));
    store_d(out + x, sum);
  }
}

// Where the picture's rows or columns lie among those of a rectangle with its margin.
struct extent {
  ptrdiff_t first, end;
};

INLINE struct extent extent_of(size_t start, size_t count, size_t length) {
  const ptrdiff_t first = (ptrdiff_t)MARGIN - (ptrdiff_t)start;
  const ptrdiff_t end = first + (ptrdiff_t)length, all = (ptrdiff_t)(count + 2 * MARGIN);
  return (struct extent){first > 0 ? first : 0, end < all ? end : all};
}

// The values two places beyond an end, of those before it, nearest first: as they make the
// differences at the end one-sided ones. NumPy's `gradient` has none in a single value.
INLINE double beyond(int place, const double *inside, ptrdiff_t step, ptrdiff_t count) {
  const double a = inside[0];
  if (count == 1) return a;
  const double b = inside[step];
  if (place == 1) return 2 * a - b;
  return 4 * a - 4 * b + (count > 2 ? inside[2 * step] : 2 * b - a);
}

enum extension { REPEATED, ONE_SIDED };

// Gives the margin outside the picture its values; both ends lie in the rectangle if one does not
// fit into the margin of the other, for then the whole axis does.
INLINE void extend(double *start, struct extent inside, size_t all, ptrdiff_t step,
                   ptrdiff_t length, enum extension how) {
  const ptrdiff_t end = (ptrdiff_t)all;
  for (ptrdiff_t i = inside.first - 1; i >= 0; i--)
    start[i * step] = how == REPEATED
                          ? start[inside.first * step]
                          : beyond((int)(inside.first - i), start + inside.first * step, step,
                                   length);
  for (ptrdiff_t i = inside.end; i < end; i++)
    start[i * step] = how == REPEATED
                          ? start[(inside.end - 1) * step]
                          : beyond((int)(i - inside.end + 1), start + (inside.end - 1) * step,
                                   -step, length);
}

INLINE void extend_both(double *values, size_t stride, struct feature_tile tile,
                        struct grey_picture picture, enum extension how) {
  const struct extent down = extent_of(tile.top, tile.rows, picture.height);
  const struct extent across = extent_of(tile.left, tile.columns, picture.width);
  for (ptrdiff_t y = down.first; y < down.end; y++)
    extend(values + (size_t)y * stride, across, tile.columns + 2 * MARGIN, 1,
           (ptrdiff_t)picture.width, how);
  if (down.first == 0 && down.end == (ptrdiff_t)(tile.rows + 2 * MARGIN)) return;
  for (size_t x = 0; x < tile.columns + 2 * MARGIN; x++)
    extend(values + x, down, tile.rows + 2 * MARGIN, (ptrdiff_t)stride,
           (ptrdiff_t)picture.height, how);
}

// A blurred rectangle with its margin: of the columns x − MARGIN … x + MARGIN around its pixels,
// those of the pixels that are taken side by side.
struct neighbourhood {
  const double *at[NEIGHBOURS];
  size_t stride;
};

// Whether a row with a margin above is one of the NEIGHBOURS of a row that is taken.
INLINE int is_needed(size_t row, size_t step) { return row % step < NEIGHBOURS; }

INLINE void take(const double *from, size_t step, size_t count, double *to) {
  for (size_t x = 0; x < count; x++) to[x] = from[x * step];
}

INLINE struct neighbourhood neighbourhood_of(struct scale_parts p, struct feature_tile tile) {
  struct neighbourhood n;
  if (tile.step == 1) {
    for (size_t i = 0; i < NEIGHBOURS; i++) n.at[i] = p.blurred + i;
    n.stride = p.blurred_stride;
    return n;
  }
  const size_t rows = tile.rows + 2 * MARGIN, columns = tile.columns + 2 * MARGIN;
  const size_t remainders = remainders_of(tile.step), plane = rows * p.taken_stride;
  for (size_t y = 0; y < rows; y++)
    for (size_t first = 0; first < remainders && is_needed(y, tile.step); first++) {
      const double *from = p.blurred + y * p.blurred_stride + first;
      double *to = p.taken + first * plane + y * p.taken_stride;
      const size_t count = taken_of(columns - first, tile.step);
      if (tile.step == 2) take(from, 2, count, to);
      else take(from, tile.step, count, to);
    }
  for (size_t i = 0; i < NEIGHBOURS; i++)
    n.at[i] = p.taken + i % tile.step * plane + i / tile.step;
  n.stride = p.taken_stride;
  return n;
}

// Where the features of a row that is taken go.
INLINE float *row_of(struct feature_tile tile, size_t y) {
  return tile.out + y / tile.step * tile.stride;
}

// The length of the gradient, by differences smoothed across.
INLINE void sobel(struct neighbourhood g, struct feature_tile tile, double scale, size_t channel) {
  const size_t columns = taken_of(tile.columns, tile.step);
  for (size_t y = 0; y < tile.rows; y += tile.step) {
    const size_t a = (y + 1) * g.stride, b = a + g.stride, c = b + g.stride;
    float *out = row_of(tile, y) + channel * tile.plane;
    for (size_t x = 0; x < columns; x += HALF) {
      const double *left = g.at[1] + x, *middle = g.at[2] + x, *right = g.at[3] + x;
      const dvec a0 = load_d(left + a), a1 = load_d(middle + a), a2 = load_d(right + a);
      const dvec b0 = load_d(left + b), b2 = load_d(right + b);
      const dvec c0 = load_d(left + c), c1 = load_d(middle + c), c2 = load_d(right + c);
      const dvec across = ((a2 - a0) + 2 * (b2 - b0) + (c2 - c0)) * 0.25;
      const dvec down = ((c0 - a0) + 2 * (c1 - a1) + (c2 - a2)) * 0.25;
      store_floats(out + x, root((across * across + down * down) * 0.5) * scale, columns - x);
    }
  }
}

// Modulus, trace, determinant and eigenvalues, by central differences of central differences.
INLINE void hessian(struct neighbourhood g, struct feature_tile tile, size_t channel) {
  const size_t columns = taken_of(tile.columns, tile.step);
  for (size_t y = 0; y < tile.rows; y += tile.step) {
    const size_t up = y * g.stride, above = up + g.stride, middle = above + g.stride;
    const size_t below = middle + g.stride, down = below + g.stride;
    float *out = row_of(tile, y) + channel * tile.plane;
    for (size_t x = 0; x < columns; x += HALF) {
      const double *left = g.at[1] + x, *centre = g.at[2] + x, *right = g.at[3] + x;
      const dvec twice = 2 * load_d(centre + middle);
      const dvec yy = (load_d(centre + down) - twice + load_d(centre + up)) * 0.25;
      const dvec xx = (load_d(g.at[4] + x + middle) - twice + load_d(g.at[0] + x + middle)) * 0.25;
      const dvec xy = ((load_d(right + below) - load_d(right + above)) -
                       (load_d(left + below) - load_d(left + above))) *
                      0.25;
      const dvec trace = yy + xx, apart = yy - xx;
      const dvec square = xy * xy, gap = root(4 * square + apart * apart);
      const size_t n = columns - x;
      float *o = out + x;
      store_floats(o, root(yy * yy + square + xx * xx), n);
      store_floats(o + tile.plane, trace, n);
      store_floats(o + 2 * tile.plane, yy * xx - square, n);
      store_floats(o + 3 * tile.plane, (trace + gap) * 0.5, n);
      store_floats(o + 4 * tile.plane, (trace - gap) * 0.5, n);
    }
  }
}

INLINE void copy_out(struct neighbourhood g, struct feature_tile tile, size_t channel) {
  const size_t columns = taken_of(tile.columns, tile.step);
  for (size_t y = 0; y < tile.rows; y += tile.step) {
    const double *from = g.at[MARGIN] + (y + MARGIN) * g.stride;
    float *out = row_of(tile, y) + channel * tile.plane;
    for (size_t x = 0; x < columns; x += HALF) store_floats(out + x, load_d(from + x), columns - x);
  }
}

static void scales(struct grey_picture picture, struct feature_tile tile, double *scratch) {
  const struct scale_parts p = scale_parts_of(tile.rows, tile.columns, tile.step, scratch);
  for (size_t y = 0; y < tile.rows + 2 * HALO; y++) {
    const float *levels =
        picture.levels +
        clamped((ptrdiff_t)(tile.top + y) - HALO, picture.height) * picture.width;
    double *row = p.picture + y * p.picture_stride;
    for (size_t x = 0; x < p.picture_stride; x++)
      row[x] = levels[clamped((ptrdiff_t)(tile.left + x) - HALO, picture.width)];
  }
  for (size_t x = 0; x < p.picture_stride; x++) p.row[x] = 0;
  const struct extent down = extent_of(tile.top, tile.rows, picture.height);
  for (int scale = 0; scale < SCALES; scale++) {
    double taps[LARGEST_RADIUS + 1];
    const size_t radius = scale == 0 ? 0 : gaussian_taps(1 << (scale - 1), taps);
    for (ptrdiff_t y = down.first; y < down.end; y++) {
      if (!is_needed((size_t)y, tile.step)) continue;
      const double *around =
          p.picture + (size_t)(y + HALO - MARGIN) * p.picture_stride + HALO - MARGIN;
      double *blurred = p.blurred + (size_t)y * p.blurred_stride;
      const size_t columns = rounded_up(tile.columns + 2 * MARGIN);
      if (scale == 0) {
        memcpy(blurred, around, columns * sizeof(double));
        continue;
      }
      // Downwards, as wide as the blur across will need it.
      const size_t wide = rounded_up(tile.columns + 2 * (MARGIN + radius));
      blur_row(around - radius, p.picture_stride, taps, radius, wide, p.row);
      // The levels are of 0…255, the blurred ones of 0…1.
      double scaled[LARGEST_RADIUS + 1];
      for (size_t t = 0; t <= radius; t++) scaled[t] = taps[t] / 255;
      blur_row(p.row + radius, 1, scaled, radius, columns, blurred);
    }
    const size_t channel = (size_t)scale * PER_SCALE;
    extend_both(p.blurred, p.blurred_stride, tile, picture, REPEATED);
    struct neighbourhood g = neighbourhood_of(p, tile);
    copy_out(g, tile, channel);
    sobel(g, tile, scale == 0 ? 1.0 / 255 : 1, channel + 1);
    extend_both(p.blurred, p.blurred_stride, tile, picture, ONE_SIDED);
    g = neighbourhood_of(p, tile);
    hessian(g, tile, channel + 2);
  }
}

static void differences(struct feature_tile tile) {
  float *out = tile.out + SCALE_CHANNELS * tile.plane;
  for (int i = 2; i < SCALES; i++)
    for (int j = 1; j < i; j++, out += tile.plane)
      for (size_t y = 0; y < tile.rows; y++) {
        const float *smaller = tile.out + (size_t)(PER_SCALE * j) * tile.plane + y * tile.stride;
        const float *larger = tile.out + (size_t)(PER_SCALE * i) * tile.plane + y * tile.stride;
        for (size_t x = 0; x < tile.columns; x++)
          out[y * tile.stride + x] = smaller[x] - larger[x];
      }
}
