// Softmax attention of one head in whole numbers: keys less their mean over all tokens, queries and
// keys with a scale for each token, values with one for each channel, and 2^(score − maximum) as a
// number from 0 to 255, the maximum being that of a block of keys. Sums are exact; maxima, powers
// and what is added up over blocks are float32.
#pragma once

#include "elementary.h"
#include "encoder_kernels.h"
#include "numbers.h"
#include "tile.h"

enum {
  POWER_BITS = 0x4B000000,  // of 2²³, which is added to a power
  // Keys whose powers have one scale: their largest is 255.
  KEY_BLOCK = 64,
  KEY_BLOCKS = ATTENTION_TILE / KEY_BLOCK,
  WHOLE_BLOCKS = (KEY_BLOCKS + LANES - 1) / LANES * LANES,
};

// Words of one panel of keys: its numbers, what each key's sums start with, and its scale.
INLINE size_t key_panel(size_t dim) { return (words_of(INT8, dim) + 2) * ATTENTION_WIDTH; }

// Words of one panel of values: its numbers, and each channel's scale.
INLINE size_t value_panel(size_t total) { return (words_of(INT8, total) + 1) * ATTENTION_WIDTH; }

INLINE size_t whole_lanes(size_t n) { return panels_of(n, LANES) * LANES; }

// The mean of each column, in the order of the rows.
INLINE void means_of(const float *x, size_t stride, size_t rows, size_t columns, float *means) {
  for (size_t d = 0; d < columns; d += LANES) {
    size_t n = lanes_at(d, columns);
    vec sum = {0};
    for (size_t r = 0; r < rows; r++) sum += load_n(x + r * stride + d, n, 0);
    store_n(means + d, sum / (float)rows, n);
  }
}

// All keys at once, into panels; a row's numbers are made at the end of `packed`.
static void pack_keys_int8(const float *keys, size_t stride, size_t first, size_t count, size_t dim,
                           void *packed) {
  (void)first;
  size_t depth = words_of(INT8, dim), panel = key_panel(dim);
  float *means = (float *)packed + panels_of(count, ATTENTION_WIDTH) * panel;  // [dim]
  float *centred = means + whole_lanes(dim);                                   // [dim]
  word *numbers = (word *)(centred + whole_lanes(dim));                        // [depth]
  means_of(keys, stride, count, dim, means);
  for (size_t key = 0; key < count; key++) {
    word *column = (word *)packed + key / ATTENTION_WIDTH * panel + key % ATTENTION_WIDTH;
    for (size_t d = 0; d < dim; d += LANES) {
      size_t n = lanes_at(d, dim);
      store_n(centred + d, load_n(keys + key * stride + d, n, 0) - load_n(means + d, n, 0), n);
    }
    numbers[depth - 1] = 0;
    float scale = quantise_row(centred, dim, 0, numbers);
    const right_number *number = (const right_number *)numbers;
    int32_t sum = 0;
    for (size_t d = 0; d < dim; d++) sum += number[d];
    int32_t start = -OFFSET * sum;
    for (size_t d = 0; d < depth; d++) column[d * ATTENTION_WIDTH] = numbers[d];
    memcpy(column + depth * ATTENTION_WIDTH, &start, sizeof start);
    memcpy(column + (depth + 1) * ATTENTION_WIDTH, &scale, sizeof scale);
  }
}

// All values at once.
static void pack_values_int8(const float *values, size_t stride, size_t first, size_t count,
                             size_t total, size_t dim, void *packed) {
  (void)first;
  size_t depth = words_of(INT8, total), panel = value_panel(total);
  for (size_t d = 0; d < dim; d += LANES) {
    size_t n = lanes_at(d, dim);
    word *to = (word *)packed + d / ATTENTION_WIDTH * panel + d % ATTENTION_WIDTH;
    vec top = {0}, sound = {0}, fineness;
    for (size_t key = 0; key < count; key++) {
      vec v = load_n(values + key * stride + d, n, 0);
      top = larger(magnitude_of(v), top);
      sound += v * 0.0f;
    }
    for (int i = 0; i < LANES; i++) fineness[i] = fineness_of(top[i]);
    for (size_t r = 0; r < depth; r++) {
      uvec bits = {0};
      for (size_t k = 0; k < NUMBERS && r * NUMBERS + k < count; k++) {
        vec v = load_n(values + (r * NUMBERS + k) * stride + d, n, 0);
        bits |= (nearest_numbers(v, fineness) & NUMBER_MASK) << (k * NUMBER_BITS);
      }
      memcpy(to + r * ATTENTION_WIDTH, &bits, sizeof bits);
    }
    vec scale = choose(fineness > 0, top / 127, (vec){0}) + sound;
    memcpy(to + depth * ATTENTION_WIDTH, &scale, sizeof scale);
  }
}

// 255 · 2^(x · scale) for x ≤ 0, to the nearest, in the lowest byte of each lane; the bytes above
// are those of POWER_BITS. A minimax polynomial of degree 3 for 2^f, |f| ≤ ½, relative error below
// 7.5e-5.
INLINE uvec power_numbers(vec x, float scale) {
  const float log2_limit = 7.994353436858858f;
  vec t = larger(x * scale + log2_limit, all_lanes(-20.0f));
  vec shifted = t + ROUNDING_MAGIC;
  vec f = t - (shifted - ROUNDING_MAGIC);
  vec p = all_lanes(0.0551716685295105f);
  p = p * f + 0.2426111400127411f;
  p = p * f + 0.6932609677314758f;
  p = p * f + 0.9999280571937561f;
  vec power = (vec)((uvec)p + ((uvec)shifted << 23));
  return (uvec)(power + 8388608.0f);
}

// The powers of one block of `count` scores of a row, which take the scores' place: scores are
// exact sums times the keys' scales and `scale`, powers those of their difference from the block's
// largest. Returns that, before `scale`; `sums` are what the powers add up to, lane by lane.
INLINE float block_powers(const float *row, left_number *out, size_t count, const float *scales,
                          size_t panel, float scale, uvec *sums) {
  const ivec lane = LANE_NUMBERS;
  vec score[KEY_BLOCK / LANES], top = all_lanes(-1e30f);
  UNROLL for (int v = 0; v < KEY_BLOCK / LANES; v++) {
    if ((size_t)v * LANES >= count) break;
    const float *at = scales + v * LANES / ATTENTION_WIDTH * panel + v * LANES % ATTENTION_WIDTH;
    score[v] = __builtin_convertvector((ivec)load(row + v * LANES), vec) * load(at);
    if (count < KEY_BLOCK) score[v] = choose(lane + v * LANES < (int32_t)count, score[v], top);
    top = larger(score[v], top);
  }
  top = spread_largest(top);
  uvec sum = (uvec){0} - POWER_BITS * (uint32_t)panels_of(count, LANES);
  UNROLL for (int v = 0; v < KEY_BLOCK / LANES; v++) {
    if ((size_t)v * LANES >= count) break;
    uvec bits = power_numbers(score[v] - top, scale);
    if (count < KEY_BLOCK) {
      ivec keep = lane + v * LANES < (int32_t)count;
      bits = (bits & (uvec)keep) | (POWER_BITS & ~(uvec)keep);
    }
    sum += bits;
    store_left(out + v * LANES, bits, LANES);
  }
  *sums = sum;
  return top[0];
}

// One step of an online softmax of one row over a tile: exact sums become powers, each beside the
// largest score of its block; `factors` are what brings these to one scale, that of the largest so
// far. Returns by how much what was added up before shrinks.
INLINE float softmax_blocks(float *row, size_t count, const word *keys, size_t panel, float scale,
                            float *factors, float *maximum, float *total) {
  const float *scales = (const float *)keys + panel - ATTENTION_WIDTH;
  uvec sums[KEY_BLOCKS];
  vec shares = {0};
  float top[WHOLE_BLOCKS], new_maximum = *maximum;
  size_t blocks = panels_of(count, KEY_BLOCK);
  for (size_t b = 0; b < blocks; b++) {
    size_t n = count - b * KEY_BLOCK;
    const float *at = scales + b * KEY_BLOCK / ATTENTION_WIDTH * panel;
    left_number *out = (left_number *)row + b * KEY_BLOCK;
    // One loop knows that its block is whole.
    if (n < KEY_BLOCK)
      top[b] = block_powers(row + b * KEY_BLOCK, out, n, at, panel, scale, &sums[b]);
    else
      top[b] = block_powers(row + b * KEY_BLOCK, out, KEY_BLOCK, at, panel, scale, &sums[b]);
    if (top[b] > new_maximum) new_maximum = top[b];
  }
  for (size_t b = blocks; b < WHOLE_BLOCKS; b++) top[b] = -1e30f;
  for (size_t b = 0; b < WHOLE_BLOCKS; b += LANES) {
    vec share = exp2_of((load(top + b) - new_maximum) * scale);
    for (size_t i = 0; i < LANES && b + i < KEY_BLOCKS; i++)
      factors[(b + i) * ATTENTION_ROWS] = share[i];
  }
  for (size_t b = 0; b < blocks; b++)
    shares += factors[b * ATTENTION_ROWS] * __builtin_convertvector((ivec)sums[b], vec);
  float shrink = exp2_of(all_lanes((*maximum - new_maximum) * scale))[0];
  *total = *total * shrink + sum_of(shares);
  *maximum = new_maximum;
  return shrink;
}

static void attend_int8(const float *queries, size_t stride, size_t rows, size_t dim, float scale,
                        const void *keys, const void *values, size_t total, float *result,
                        size_t result_stride, void *scratch) {
  size_t padded = panels_of(dim, ATTENTION_WIDTH) * ATTENTION_WIDTH, depth = words_of(INT8, dim);
  size_t panel = key_panel(dim), deep = value_panel(total);
  size_t strips = panels_of(rows, ATTENTION_ROWS);
  float *scores = scratch;                                   // [ATTENTION_ROWS, ATTENTION_TILE]
  float *output = scores + ATTENTION_ROWS * ATTENTION_TILE;  // [rows, padded]
  float *scales = output + rows * padded;                    // [rows]
  float *maximum = scales + rows;                            // [rows]
  float *all = maximum + rows;                               // [rows], what the powers add up to
  word *left = (word *)(all + rows);                         // [rows, depth]
  memset(output, 0, rows * padded * sizeof(float));
  for (size_t r = 0; r < rows; r++) {
    scales[r] = scale * quantise_row(queries + r * stride, dim, OFFSET, left + r * depth);
    maximum[r] = -1e30f, all[r] = 0;
  }
  for (size_t tile = 0; tile < total; tile += ATTENTION_TILE) {
    size_t count = total - tile < ATTENTION_TILE ? total - tile : ATTENTION_TILE;
    const word *tile_keys = (const word *)keys + tile / ATTENTION_WIDTH * panel;
    const word *tile_values = (const word *)values + words_of(INT8, tile) * ATTENTION_WIDTH;
    for (size_t s = 0; s < strips; s++) {
      size_t row = s * rows / strips, n = (s + 1) * rows / strips - row;
      float factors[KEY_BLOCKS * ATTENTION_ROWS];
      for (size_t key = 0; key < count; key += ATTENTION_WIDTH) {
        const word *words = tile_keys + key / ATTENTION_WIDTH * panel;
        tile_product(INT8, ATTENTION_ROWS, ATTENTION_VECTORS, n, left + row * depth, depth, words,
                     depth, (const float *)words + depth * ATTENTION_WIDTH, 0, NULL, scores + key,
                     ATTENTION_TILE, s == 0);
      }
      for (size_t r = 0; r < n; r++) {
        float *out = output + (row + r) * padded;
        float shrink =
            softmax_blocks(scores + r * ATTENTION_TILE, count, tile_keys, panel, scales[row + r],
                           factors + r, maximum + row + r, all + row + r);
        if (shrink != 1.0f)
          for (size_t d = 0; d < padded; d += LANES) store(out + d, load(out + d) * shrink);
      }
      for (size_t d = 0; d < padded; d += ATTENTION_WIDTH)
        for (size_t b = 0; b * KEY_BLOCK < count; b++) {
          size_t rest = count - b * KEY_BLOCK;
          size_t words = words_of(INT8, rest < KEY_BLOCK ? rest : KEY_BLOCK);
          tile_product(INT8, ATTENTION_ROWS, ATTENTION_VECTORS, n,
                       (const word *)scores + b * words_of(INT8, KEY_BLOCK), ATTENTION_TILE,
                       tile_values + d / ATTENTION_WIDTH * deep +
                           b * words_of(INT8, KEY_BLOCK) * ATTENTION_WIDTH,
                       words, NULL, 0, factors + b * ATTENTION_ROWS, output + row * padded + d,
                       padded, s == 0);
        }
    }
  }
  const float *channels = (const float *)values + deep - ATTENTION_WIDTH;
  for (size_t r = 0; r < rows; r++) {
    float inverse = 1 / all[r];
    for (size_t d = 0; d < dim; d += LANES) {
      const float *at = channels + d / ATTENTION_WIDTH * deep + d % ATTENTION_WIDTH;
      vec found = load(output + r * padded + d) * (inverse * load(at));
      store_n(result + r * result_stride + d, found, lanes_at(d, dim));
    }
  }
}

static size_t packed_keys_int8(size_t total, size_t dim) {
  return panels_of(total, ATTENTION_WIDTH) * key_panel(dim) + 2 * whole_lanes(dim) +
         words_of(INT8, dim);
}

static size_t packed_values_int8(size_t total, size_t dim) {
  return panels_of(dim, ATTENTION_WIDTH) * value_panel(total);
}

static size_t attend_scratch_int8(size_t rows, size_t dim) {
  size_t padded = panels_of(dim, ATTENTION_WIDTH) * ATTENTION_WIDTH;
  return ATTENTION_ROWS * ATTENTION_TILE + rows * (padded + 3 + words_of(INT8, dim));
}
