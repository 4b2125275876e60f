// Rows that are read from a view: after the last norm, or a part of what attention had.
#pragma once

#include "norm.h"

// A row of results: its token's row among all, and where its values go.
struct result_row {
  long long source, target;
  int token;

  DEVICE result_row(const finish_arguments &p, int index) {
    int view = index / (int)p.count;
    token = (int)p.start + index % (int)p.count;
    source = (long long)view * (int)p.tokens + token;
    target = (long long)index * (int)p.pitch;
  }
};

DEVICE void put_result(const finish_arguments &p, long long at, float x) {
  if (p.half) ((u16 *)p.y)[at] = (u16)pack(x, 0);
  else ((float *)p.y)[at] = x;
}

DEVICE void finish_rows(const finish_arguments &p) {
  const int index = block_x() * NORM_ROWS + thread_index() / 32, columns = (int)p.columns;
  if (index >= (int)(p.views * p.count)) return;
  const result_row row(p, index);
  const float *x = (const float *)p.x + row.source * columns;
  auto put_four = [&](int n, const four_floats &values) {
    UNROLL
    for (int j = 0; j < 4; j++) put_result(p, row.target + n + j, values.values[j]);
  };
  if (!p.weight) {
    row_norm::each(x, columns, put_four);
    return;
  }
  const row_norm normed(x, columns, p.weight, p.bias, p.epsilon);
  row_norm::each(x, columns,
                 [&](int n, const four_floats &values) { put_four(n, normed(n, values)); });
}

// Pairs 2 i and 2 i + 1 that were turned are values i and i + 32 of their head.
template <enum kind kind>
DEVICE void finish_facet(const finish_arguments &p) {
  const int index = block_x() * NORM_ROWS + thread_index() / 32, columns = (int)p.columns;
  if (index >= (int)(p.views * p.count)) return;
  const result_row row(p, index);
  const u16 *from = operand_row<kind>(p.qkv, row.source, 3 * columns);
  const bool is_turned = p.rotation && p.part < 2;
  for (int n = thread_index() % 32 * 2; n < columns; n += 64) {
    int at = (int)p.part * columns + n, low_at = n, high_at = n + 1;
    float low = value_at<kind>(from, 3 * columns, at);
    float high = value_at<kind>(from, 3 * columns, at + 1);
    if (is_turned) {
      int place = n % HEAD_DIM;
      const float *turn = (const float *)p.rotation + (long long)row.token * HEAD_DIM + place;
      float back = low * turn[0] + high * turn[1];
      high = high * turn[0] - low * turn[1], low = back;
      low_at = n - place + place / 2, high_at = low_at + HEAD_DIM / 2;
    }
    put_result(p, row.target + low_at, low);
    put_result(p, row.target + high_at, high);
  }
}
