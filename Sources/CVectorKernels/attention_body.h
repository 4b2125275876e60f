// Softmax attention over packed keys and values, for vectors of LANES floats. Included by
// encoder_kernels_body.h, whose vectors and exponential it uses.

// A product's tile: ROWS queries by WIDTH columns, which with one row of the right-hand side and
// one broadcast value fill the registers.
#define ROWS ATTENTION_ROWS
#define WIDTH (TILE_VECTORS * LANES)

// c = a · b, or c + a · b: [ROWS, depth] · [depth, WIDTH] → [ROWS, WIDTH].
INLINE void tile_product(const float *a, size_t a_stride, const float *b, size_t depth, float *c,
                         size_t c_stride, int adds) {
  vec sum[ROWS][TILE_VECTORS];
#pragma clang loop unroll(full)
  for (int r = 0; r < ROWS; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < TILE_VECTORS; v++)
      sum[r][v] = adds ? load(c + (size_t)r * c_stride + v * LANES) : (vec){0};
  for (size_t d = 0; d < depth; d++, b += WIDTH) {
    vec right[TILE_VECTORS];
#pragma clang loop unroll(full)
    for (int v = 0; v < TILE_VECTORS; v++) right[v] = load(b + v * LANES);
#pragma clang loop unroll(full)
    for (int r = 0; r < ROWS; r++) {
      vec left = all_lanes(a[(size_t)r * a_stride + d]);
#pragma clang loop unroll(full)
      for (int v = 0; v < TILE_VECTORS; v++) sum[r][v] += left * right[v];
    }
  }
#pragma clang loop unroll(full)
  for (int r = 0; r < ROWS; r++)
#pragma clang loop unroll(full)
    for (int v = 0; v < TILE_VECTORS; v++)
      store(c + (size_t)r * c_stride + v * LANES, sum[r][v]);
}

static void pack_keys(const float *keys, size_t stride, size_t first, size_t count, size_t dim,
                      float *packed) {
  for (size_t key = first; key < first + count; key++, keys += stride) {
    float *column = packed + key / WIDTH * WIDTH * dim + key % WIDTH;
    for (size_t d = 0; d < dim; d++) column[d * WIDTH] = keys[d];
  }
}

static void pack_values(const float *values, size_t stride, size_t first, size_t count,
                        size_t total, size_t dim, float *packed) {
  for (size_t key = first; key < first + count; key++, values += stride)
    for (size_t d = 0; d < dim; d += WIDTH) {
      size_t n = dim - d < WIDTH ? dim - d : WIDTH;
      memcpy(packed + d * total + key * WIDTH, values + d, n * sizeof(float));
    }
}

static void attend(const float *queries, size_t stride, size_t rows, size_t dim, float scale,
                   const float *keys, const float *values, size_t total, float *result,
                   size_t result_stride, float *scratch) {
  size_t padded = (dim + WIDTH - 1) / WIDTH * WIDTH;
  size_t groups = (rows + ROWS - 1) / ROWS;
  float *scores = scratch;                                // [ROWS, ATTENTION_TILE]
  float *scaled = scores + ROWS * ATTENTION_TILE;         // [groups · ROWS, dim]
  float *output = scaled + groups * ROWS * dim;           // [groups · ROWS, padded]
  float *maximum = output + groups * ROWS * padded;       // [groups · ROWS]
  float *sum = maximum + groups * ROWS;                   // [groups · ROWS]
  memset(scaled, 0, groups * ROWS * (dim + padded) * sizeof(float));
  for (size_t r = 0; r < rows; r++)
    for (size_t d = 0; d < dim; d++) scaled[r * dim + d] = queries[r * stride + d] * scale;
  for (size_t r = 0; r < groups * ROWS; r++) maximum[r] = -1e30f, sum[r] = 0;
  for (size_t tile = 0; tile < total; tile += ATTENTION_TILE) {
    size_t count = total - tile < ATTENTION_TILE ? total - tile : ATTENTION_TILE;
    for (size_t row = 0; row < groups * ROWS; row += ROWS) {
      for (size_t key = 0; key < count; key += WIDTH)
        tile_product(scaled + row * dim, dim, keys + (tile + key) * dim, dim, scores + key,
                     ATTENTION_TILE, 0);
      softmax_step(scores, ATTENTION_TILE, ROWS, count, maximum + row, sum + row,
                   output + row * padded, padded, padded);
      for (size_t d = 0; d < padded; d += WIDTH)
        tile_product(scores, ATTENTION_TILE, values + d * total + tile * WIDTH, count,
                     output + row * padded + d, padded, 1);
    }
  }
  softmax_end(output, padded, result, result_stride, rows, dim, sum);
}

static size_t packed_keys_size(size_t total, size_t dim) {
  return (total + WIDTH - 1) / WIDTH * WIDTH * dim;
}

static size_t packed_values_size(size_t total, size_t dim) {
  return (dim + WIDTH - 1) / WIDTH * WIDTH * total;
}

static size_t attend_scratch_size(size_t rows, size_t dim) {
  size_t padded = (dim + WIDTH - 1) / WIDTH * WIDTH;
  return ROWS * ATTENTION_TILE + (rows + ROWS - 1) / ROWS * ROWS * (dim + padded + 2);
}
