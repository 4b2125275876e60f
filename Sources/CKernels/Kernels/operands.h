// The kinds of operands: how values become halves, and halves values.
#pragma once

#include "device.h"

enum kind { FLOAT16, SPLIT16 };

// Runs of halves in a row: of SPLIT16 the rounded values, then what is left of them.
template <enum kind kind>
constexpr int parts = kind == SPLIT16 ? 2 : 1;

// By what is left of a rounded value is multiplied, so that it is a normal half of its own.
constexpr float SPLIT_SCALE = 2048;

constexpr float LARGEST_HALF = 65504;

// The address of row `row` of rows of `columns` values.
template <enum kind kind>
DEVICE u16 *operand_row(unsigned long long base, long long row, int columns) {
  return (u16 *)base + row * columns * parts<kind>;
}

// What rounding took away from two values, to be packed like them.
DEVICE u32 pack_rest(u32 packed, float low, float high) {
  return pack((low - float_of_half((u16)packed)) * SPLIT_SCALE,
                       (high - float_of_half((u16)(packed >> 16))) * SPLIT_SCALE);
}

// Brings x into the range of halves; whether it was not there, or no number.
DEVICE bool saturate(float &x) {
  bool is_inside = x <= LARGEST_HALF && x >= -LARGEST_HALF;
  x = smaller(larger(x, -LARGEST_HALF), LARGEST_HALF);
  return !is_inside;
}

// Writes values n and n + 1 of a row of `columns`, n even; whether one was out of range.
template <enum kind kind>
DEVICE bool put(u16 *row, int columns, int n, float low, float high) {
  bool is_out = saturate(low);
  is_out |= saturate(high);
  u32 packed = pack(low, high);
  *(u32 *)(row + n) = packed;
  if (kind == SPLIT16) *(u32 *)(row + columns + n) = pack_rest(packed, low, high);
  return is_out;
}

template <enum kind kind>
DEVICE bool put_one(u16 *row, int columns, int n, float x) {
  bool is_out = saturate(x);
  u32 packed = pack(x, 0);
  row[n] = (u16)packed;
  if (kind == SPLIT16) row[columns + n] = (u16)pack_rest(packed, x, 0);
  return is_out;
}

// Value n of a row of `columns`.
template <enum kind kind>
DEVICE float value_at(const u16 *row, int columns, int n) {
  float x = float_of_half(row[n]);
  return kind == SPLIT16 ? x + float_of_half(row[columns + n]) / SPLIT_SCALE : x;
}

// Values n … n + 7, n a multiple of 8.
struct alignas(16) eight_halves {
  u32 pairs[4];
};

template <enum kind kind>
DEVICE void values_at(const u16 *row, int columns, int n, float (&x)[8]) {
  eight_halves high = *(const eight_halves *)(row + n);
  eight_halves low = {};
  if (kind == SPLIT16) low = *(const eight_halves *)(row + columns + n);
  UNROLL
  for (int i = 0; i < 8; i++) {
    u16 half = (u16)(high.pairs[i / 2] >> (i % 2 * 16));
    x[i] = float_of_half(half);
    if (kind == SPLIT16)
      x[i] += float_of_half((u16)(low.pairs[i / 2] >> (i % 2 * 16))) / SPLIT_SCALE;
  }
}

// Remembers that a value of a row's view was out of range.
DEVICE void report(bool is_out, unsigned long long flags, int row, int rows_per_view) {
  if (is_out) ((u32 *)flags)[row / rows_per_view] = 1;
}
