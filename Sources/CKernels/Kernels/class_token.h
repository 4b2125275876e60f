// What the class token's queries score, and what patches' queries, keys and values are to it.
#pragma once

#include "kernels.h"
#include "operands.h"
#include "reductions.h"

enum {
  CLASS_SCORES_SHARED = 2 * HEAD_DIM * 4,
  CLASS_SOFTMAX_THREADS = 256,
  CLASS_SOFTMAX_SHARED = CLASS_SOFTMAX_THREADS / 32 * 4,
};

// Calls `visit` with each even place of a head of a token, and the two values from it on.
template <enum kind kind, typename Visit>
DEVICE void each_pair(const u16 *row, int columns, int n, Visit visit) {
  UNROLL
  for (int i = 0; i < HEAD_DIM; i += 8) {
    float x[8];
    values_at<kind>(row, columns, n + i, x);
    UNROLL
    for (int j = 0; j < 8; j += 2) visit(i + j, x[j], x[j + 1]);
  }
}

// The sum of a head's queries or keys of a token, turned back where they were turned.
template <enum kind kind>
DEVICE float sum_of_head(const u16 *row, int columns, int n, const float *turns) {
  float sum = 0;
  each_pair<kind>(row, columns, n, [&](int i, float low, float high) {
    float cosine = turns ? turns[i] : 1, sine = turns ? turns[i + 1] : 0;
    sum += low * cosine + high * sine;
    sum += high * cosine - low * sine;
  });
  return sum;
}

// The product of a head's keys or values of a token with 64 floats.
template <enum kind kind>
DEVICE float product_of_head(const u16 *row, int columns, int n, const float *with) {
  float sum = 0;
  each_pair<kind>(row, columns, n, [&](int i, float low, float high) {
    sum += low * with[i];
    sum += high * with[i + 1];
  });
  return sum;
}

template <enum kind kind>
DEVICE void class_scores(const class_scores_arguments &p) {
  const int heads = (int)p.heads, dim = heads * HEAD_DIM, start = block_y() * HEAD_DIM;
  const int tokens = (int)p.tokens, prefix = (int)p.prefix, view = block_z();
  const long long first = (long long)view * tokens;
  float *query = (float *)shared_memory, *found = query + HEAD_DIM;
  int i = thread_index();
  if (i < HEAD_DIM)
    query[i] = value_at<kind>(operand_row<kind>(p.qkv, first, 3 * dim), 3 * dim, start + i);
  else if (i < 2 * HEAD_DIM)
    found[i - HEAD_DIM] =
        value_at<kind>(operand_row<kind>(p.attended, first, dim), dim, start + i - HEAD_DIM);
  meet();
  const int token = block_x() * CLASS_TOKENS + i;
  if (token >= tokens) return;
  const u16 *row = operand_row<kind>(p.qkv, first + token, 3 * dim);
  ((float *)p.scores)[((long long)view * heads + block_y()) * tokens + token] =
      p.scale * product_of_head<kind>(row, 3 * dim, dim + start, query);
  if (token < prefix) return;
  const float *turns = p.rotation ? (const float *)p.rotation + (long long)token * HEAD_DIM : 0;
  long long patch = (long long)view * (tokens - prefix) + token - prefix;
  float *result = (float *)p.result + patch * 5 * heads + block_y();
  result[heads] = product_of_head<kind>(row, 3 * dim, 2 * dim + start, found);
  result[2 * heads] = sum_of_head<kind>(row, 3 * dim, start, turns);
  result[3 * heads] = sum_of_head<kind>(row, 3 * dim, dim + start, turns);
  result[4 * heads] = sum_of_head<kind>(row, 3 * dim, 2 * dim + start, 0);
}

DEVICE void softmax_of_class(const class_softmax_arguments &p) {
  constexpr int warps = CLASS_SOFTMAX_THREADS / 32;
  const int head = block_x(), view = block_y(), heads = (int)p.heads;
  const int tokens = (int)p.tokens, prefix = (int)p.prefix;
  const float *scores = (const float *)p.scores + ((long long)view * heads + head) * tokens;
  float *result = (float *)p.result + (long long)view * (tokens - prefix) * 5 * heads + head;
  float top = -1e30f, sum = 0;
  for (int i = thread_index(); i < tokens; i += CLASS_SOFTMAX_THREADS) top = larger(top, scores[i]);
  top = over_block<warps>(largest_of_warp(top), (float *)shared_memory,
                          [](float x, float y) { return larger(x, y); });
  for (int i = thread_index(); i < tokens; i += CLASS_SOFTMAX_THREADS)
    sum += exp2_of(scores[i] - top);
  sum = over_block<warps>(sum_of_warp(sum), (float *)shared_memory,
                          [](float x, float y) { return x + y; });
  for (int i = prefix + thread_index(); i < tokens; i += CLASS_SOFTMAX_THREADS)
    result[(long long)(i - prefix) * 5 * heads] = exp2_of(scores[i] - top) / sum;
}
