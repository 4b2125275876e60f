// The table of encoder_kernels.h for one kind of CPU. Needs LANES, MULTIPLIES_BFLOAT16 and
// MULTIPLIES_INT8 (1 where an instruction does), NAME and ENCODER_SET.
#include "attention.h"
#include "attention_int8.h"
#include "encoder_kernels.h"
#include "layer.h"
#include "softmax.h"

static void layer_norm(const float *x, size_t x_stride, float *y, size_t y_stride, size_t rows,
                       size_t columns, const float *weight, const float *bias, float epsilon) {
  for (size_t r = 0; r < rows; r++) {
    const float *in = x + r * x_stride;
    float *out = y + r * y_stride;
    vec total = {0}, squares = {0};
    for (size_t i = 0; i < columns; i += LANES) total += load_n(in + i, lanes_at(i, columns), 0);
    float mean = sum_of(total) / (float)columns;
    for (size_t i = 0; i < columns; i += LANES) {
      vec d = load_n(in + i, lanes_at(i, columns), mean) - mean;
      squares += d * d;
    }
    float scale = 1.0f / __builtin_sqrtf(sum_of(squares) / (float)columns + epsilon);
    for (size_t i = 0; i < columns; i += LANES) {
      size_t n = lanes_at(i, columns);
      vec d = load_n(in + i, n, 0) - mean;
      store_n(out + i, d * scale * load_n(weight + i, n, 0) + load_n(bias + i, n, 0), n);
    }
  }
}

static void add_bias(float *x, size_t x_stride, size_t rows, size_t columns, const float *bias) {
  for (size_t r = 0; r < rows; r++)
    for (size_t i = 0; i < columns; i++) x[r * x_stride + i] += bias[i];
}

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

const struct encoder_kernels ENCODER_SET = {
    .name = NAME,
    .multiplies_bfloat16 = MULTIPLIES_BFLOAT16,
    .multiplies_int8 = MULTIPLIES_INT8,
    .layer_norm = layer_norm,
    .add_bias = add_bias,
    .softmax_step = softmax_step,
    .softmax_end = softmax_end,
    .pack_weights = pack_weights,
    .round_weights = round_weights,
    .quantise_weights = quantise_weights,
    .float32 = PRODUCTS(float32),
    .bfloat16 = PRODUCTS(bfloat16),
    .int8 = PRODUCTS(int8),
};
