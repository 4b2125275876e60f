// Sums and maxima over the lanes of a warp, the same in each lane.
#pragma once

#include "device.h"

DEVICE float sum_of_warp(float x) {
  UNROLL
  for (int mask = 16; mask > 0; mask /= 2) x += across(x, mask);
  return x;
}

DEVICE float largest_of_warp(float x) {
  UNROLL
  for (int mask = 16; mask > 0; mask /= 2) x = larger(x, across(x, mask));
  return x;
}

// Over a block of `warps` warps, by way of `warps` floats of shared memory.
template <int warps, typename Combine>
DEVICE float over_block(float x, float *shared, Combine combine) {
  int lane = thread_index() % 32;
  if (lane == 0) shared[thread_index() / 32] = x;
  meet();
  x = shared[0];
  for (int i = 1; i < warps; i++) x = combine(x, shared[i]);
  meet();
  return x;
}
