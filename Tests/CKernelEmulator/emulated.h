// The names of Sources/CKernels/Kernels/ptx.h on the CPU. Fragments are those of the manual of
// PTX: "Matrix fragments for mma.m16n8k16", "ldmatrix".
#pragma once

#include <cmath>
#include <cstring>

#include "machine.h"

typedef unsigned int u32;
typedef unsigned short u16;

#define DEVICE inline
#define UNROLL
#define PLANTED(fault) (planted == FAULT_##fault)
#define shared_memory ((char *)running->memory())

inline int thread_index() { return running->thread(); }
inline int block_x() { return running->block_index(0); }
inline int block_y() { return running->block_index(1); }
inline int block_z() { return running->block_index(2); }
inline void meet() { running->meet_block(); }
inline u32 shared_start() { return 0; }
inline void begin_copy(u32 to, const void *from, bool is_inside) {
  running->begin_copy(to, from, is_inside);
}
inline void end_group() { running->end_group(); }
template <int left>
inline void wait_for_groups() {
  running->wait_for_groups(left);
}

inline float float_of_bits(u32 bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

inline float float_of_half(u16 half) {
  _Float16 x;
  memcpy(&x, &half, sizeof x);
  return (float)x;
}

inline u16 half_of(float x) {
  _Float16 half = (_Float16)x;
  u16 bits;
  memcpy(&bits, &half, sizeof bits);
  return bits;
}
inline u32 pack(float low, float high) { return half_of(low) | (u32)half_of(high) << 16; }

inline float exp2_of(float x) { return x < -126 ? 0 : exp2f(x); }
inline float square_root(float x) { return sqrtf(x); }
inline float larger(float x, float y) { return fmaxf(x, y); }
inline float smaller(float x, float y) { return fminf(x, y); }

inline float across(float x, int mask) {
  lane_words mine = {};
  memcpy(mine.words, &x, sizeof x);
  u32 word = running->meet_warp(mine)[thread_index() % WARP ^ mask].words[0];
  return float_of_bits(word);
}

inline void load(u32 (&r)[4], u32 row, bool is_transposed) {
  lane_words mine = {{running->checked(row)}};
  const lane_words *shown = running->meet_warp(mine);
  int lane = thread_index() % WARP;
  if (lane % 8 == 0) running->check_banks(shown + lane);
  for (int i = 0; i < 4; i++) {
    u16 halves[2];
    for (int e = 0; e < 2; e++) {
      int of_row = is_transposed ? lane % 4 * 2 + e : lane / 4;
      int of_column = is_transposed ? lane / 4 : lane % 4 * 2 + e;
      memcpy(&halves[e], running->memory() + shown[i * 8 + of_row].words[0] + 2 * of_column, 2);
    }
    r[i] = halves[0] | (u32)halves[1] << 16;
  }
}
inline void load_matrices(u32 (&r)[4], u32 row) { load(r, row, false); }
inline void load_matrices_transposed(u32 (&r)[4], u32 row) { load(r, row, true); }

// The float of a half of a word.
inline float float_of(u32 word, int index) { return float_of_half((u16)(word >> 16 * index)); }

inline void multiply(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1) {
  const lane_words *shown = running->meet_warp({{a[0], a[1], a[2], a[3], b0, b1}});
  int lane = thread_index() % WARP;
  for (int i = 0; i < 4; i++) {
    int row = lane / 4 + 8 * (i / 2), column = lane % 4 * 2 + i % 2;
    float sum = 0;
    for (int k = 0; k < 16; k++) {
      u32 x = shown[row % 8 * 4 + k % 8 / 2].words[row / 8 + k / 8 * 2];
      u32 y = shown[column * 4 + k % 8 / 2].words[4 + k / 8];
      sum += float_of(x, k % 2) * float_of(y, k % 2);
    }
    c[i] += sum;
  }
}
