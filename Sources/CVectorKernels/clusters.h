// The largest of linear scores over the pixels between cells, and sums of few rows for each class.
// Needs LANES and what scores.h begins with.
#pragma once

static void sparse_sums(size_t rows, size_t dim, size_t stride, const float *x, size_t classes,
                        const double *r, double *out) {
  for (size_t i = 0; i < rows; i++)
    for (size_t k = 0; k < classes; k++) {
      const double weight = r[i * classes + k];
      if (weight == 0) continue;
      const float *row = x + i * stride;
      double *sum = out + k * dim;
      size_t d = 0;
      for (; d + HALF <= dim; d += HALF)
        store_d(sum + d, load_d(sum + d) + weight * load_doubles(row + d));
      for (; d < dim; d++) sum[d] += weight * row[d];
    }
}

// The first of the largest of k values.
INLINE size_t first_largest(size_t k, const float *in) {
  size_t place = 0;
  for (size_t c = 1; c < k; c++)
    if (in[c] > in[place]) place = c;
  return place;
}

// The classes that some mixture of four cells may have, ascending: those that no cell's class
// exceeds at all four by more than the margin.
INLINE size_t candidates(size_t k, const float *const corner[4], float margin, uint8_t *out) {
  uint8_t is_below[256 + LANES] = {0};
  for (int i = 0; i < 4; i++) {
    const size_t top = first_largest(k, corner[i]);
    for (size_t c = 0; c < k; c += LANES) {
      const size_t n = lanes_at(c, k);
      ivec below = {0};
      below = ~below;
      UNROLL for (int j = 0; j < 4; j++)
        below &= all_lanes(corner[j][top] - margin) > load_n(corner[j] + c, n, 0);
      for (size_t lane = 0; lane < n; lane++) is_below[c + lane] |= (uint8_t)(below[lane] & 1);
    }
  }
  size_t count = 0;
  for (size_t c = 0; c < k; c++)
    if (!is_below[c]) out[count++] = (uint8_t)c;
  return count;
}

// The labels of one row of n pixels between four cells of which m classes are left, and the sums
// of their weights for each.
INLINE void label_row(size_t n, size_t m, const float *left, const float *right,
                      const float *first_weights, const float *second_weights,
                      const uint8_t *names, uint8_t *labels, double *firsts, double *seconds,
                      int64_t *counts) {
  for (size_t x = 0; x < n; x += LANES) {
    const size_t lanes = lanes_at(x, n);
    const vec f = load_n(first_weights + x, lanes, 0), s = load_n(second_weights + x, lanes, 0);
    vec best = f * left[0] + s * right[0];
    ivec place = {0};
    for (size_t c = 1; c < m; c++) {
      const vec score = f * left[c] + s * right[c];
      const ivec is_larger = score > best;
      best = choose(is_larger, score, best);
      place = (is_larger & (int32_t)c) | (~is_larger & place);
    }
    for (size_t lane = 0; lane < lanes; lane++) {
      const size_t c = (size_t)place[lane];
      labels[x + lane] = names[c];
      firsts[c] += first_weights[x + lane];
      seconds[c] += second_weights[x + lane];
      counts[c]++;
    }
  }
}

// The pixels of a band between four cells: columns x to x + n.
static void label_cell(size_t k, size_t n, size_t rows, size_t width, const float *const corner[4],
                       const float *first_weights, const float *second_weights,
                       const float *above, const float *below, float margin, uint8_t *labels,
                       double *const sums[4], int64_t *counts) {
  uint8_t names[256];
  const size_t m = candidates(k, corner, margin, names);
  double mixed[4][256], across[2][256];
  float left[256], right[256];
  int64_t found[256];
  for (size_t c = 0; c < m; c++) mixed[0][c] = mixed[1][c] = mixed[2][c] = mixed[3][c] = 0;
  for (size_t c = 0; c < m; c++) found[c] = 0;
  if (m == 1) {
    double firsts = 0, seconds = 0, up = 0, down = 0;
    for (size_t x = 0; x < n; x++) firsts += first_weights[x], seconds += second_weights[x];
    for (size_t y = 0; y < rows; y++) {
      memset(labels + y * width, names[0], n);
      up += above[y], down += below[y];
    }
    mixed[0][0] = up * firsts, mixed[1][0] = up * seconds;
    mixed[2][0] = down * firsts, mixed[3][0] = down * seconds;
    found[0] = (int64_t)(n * rows);
  } else {
    for (size_t y = 0; y < rows; y++) {
      for (size_t c = 0; c < m; c++) {
        const size_t name = names[c];
        left[c] = above[y] * corner[0][name] + below[y] * corner[2][name];
        right[c] = above[y] * corner[1][name] + below[y] * corner[3][name];
        across[0][c] = across[1][c] = 0;
      }
      label_row(n, m, left, right, first_weights, second_weights, names, labels + y * width,
                across[0], across[1], found);
      for (size_t c = 0; c < m; c++) {
        mixed[0][c] += above[y] * across[0][c], mixed[1][c] += above[y] * across[1][c];
        mixed[2][c] += below[y] * across[0][c], mixed[3][c] += below[y] * across[1][c];
      }
    }
  }
  for (size_t c = 0; c < m; c++) {
    for (int i = 0; i < 4; i++) sums[i][names[c]] += mixed[i][c];
    counts[names[c]] += found[c];
  }
}

static void label_band(size_t k, size_t width, size_t rows, const int32_t *first,
                       const int32_t *second, const float *first_weights,
                       const float *second_weights, const float *above, const float *below,
                       const float *upper, const float *lower, float margin, uint8_t *labels,
                       double *upper_sums, double *lower_sums, int64_t *counts) {
  for (size_t x = 0; x < width;) {
    const size_t a = (size_t)first[x];
    size_t b = a, end = x;
    for (; end < width && (size_t)first[end] == a; end++)
      if ((size_t)second[end] > b) b = (size_t)second[end];
    const float *const corner[4] = {upper + a * k, upper + b * k, lower + a * k, lower + b * k};
    double *const sums[4] = {upper_sums + a * k, upper_sums + b * k, lower_sums + a * k,
                             lower_sums + b * k};
    label_cell(k, end - x, rows, width, corner, first_weights + x, second_weights + x, above,
               below, margin, labels + x, sums, counts);
    x = end;
  }
}
