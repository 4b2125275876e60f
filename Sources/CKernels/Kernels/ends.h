// What becomes of two neighbouring sums of a product.
#pragma once

#include "elementary.h"
#include "kernels.h"
#include "operands.h"

enum end { BIAS, GELU, TANH, QUICK, SWIGLU, RESIDUAL, EMBED, ROTARY };

// Two neighbouring float32 values.
struct alignas(8) two_floats {
  float low, high;
};

DEVICE two_floats two_at(unsigned long long base, long long index) {
  return *(const two_floats *)((const float *)base + index);
}

DEVICE void put_two(unsigned long long base, long long index, float low, float high) {
  *(two_floats *)((float *)base + index) = {low, high};
}

template <enum end end>
DEVICE float activation(float t) {
  if (end == GELU) return gelu_of(t);
  if (end == TANH) return tanh_gelu_of(t);
  if (end == QUICK) return quick_gelu_of(t);
  return t;
}

// Writes what the sums of columns n and n + 1 of a row become; whether one was out of range.
template <enum kind kind, enum end end>
DEVICE bool finish_pair(const product_arguments &p, int row, int n, float low, float high) {
  const int columns = (int)p.columns;
  two_floats bias = two_at(p.bias, n);
  low += bias.low, high += bias.high;
  if (end == EMBED) {
    int grid = (int)(p.tokens - p.prefix), view = row / grid, patch = row % grid;
    two_floats place = two_at(p.positions, (long long)patch * columns + n);
    long long at = (long long)view * (int)p.tokens + (int)p.prefix + patch;
    put_two(p.x, at * columns + n, place.low + low, place.high + high);
    return false;
  }
  if (end == RESIDUAL) {
    long long at = (long long)row * columns + n;
    two_floats x = two_at(p.x, at), scale = two_at(p.scale, n);
    put_two(p.x, at, x.low + scale.low * low, x.high + scale.high * high);
    return false;
  }
  if (end == SWIGLU)
    return put_one<kind>(operand_row<kind>(p.y, row, columns / 2), columns / 2, n / 2,
                         silu_of(low) * high);
  if (end == ROTARY && n < (int)p.turned) {
    int token = row % (int)p.tokens;
    two_floats turn = two_at(p.rotation, (long long)token * HEAD_DIM + n % HEAD_DIM);
    float turned = low * turn.low - high * turn.high;
    high = high * turn.low + low * turn.high;
    low = turned;
  }
  return put<kind>(operand_row<kind>(p.y, row, columns), columns, n, activation<end>(low),
                   activation<end>(high));
}
