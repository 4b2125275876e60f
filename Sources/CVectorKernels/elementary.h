// 2^x, and the activations made of it, lane by lane.
#pragma once

#include "vec.h"

// 2^x for x ≤ 127, relative error below 2.5e-7, rounding included; 0 below −127. A minimax
// polynomial of degree 5 for 2^f, |f| ≤ ½, whose whole part goes into the exponent.
INLINE vec exp2_of(vec x) {
  const float magic = 12582912.0f;  // 1.5 · 2²³: adding it rounds to a whole number
  vec t = larger(x, all_lanes(-127.0f));
  vec shifted = t + magic;
  vec f = t - (shifted - magic);
  vec p = all_lanes(0.0013276472454890609f);
  p = p * f + 0.009675540961325169f;
  p = p * f + 0.05550713092088699f;
  p = p * f + 0.24022120237350464f;
  p = p * f + 0.6931469440460205f;
  p = p * f + 1.0000001192092896f;
  uvec exponent = ((uvec)shifted - 0x4B400000 + 127) << 23;
  return p * (vec)exponent;
}

// t · Φ(t). Φ(−u) = ½ · 2^(u · q(u)) with q of degree 7 fitted to log₂ 2Φ(−u) on [0, 6], weighted
// so that the absolute error of u · Φ(−u) is below 1e-8; beyond 6, Φ(−u) is below 1e-9.
INLINE vec gelu_of(vec t) {
  vec u = smaller(choose(t < 0, -t, t), all_lanes(6.0f));
  vec q = all_lanes(-1.902065832837252e-06f);
  q = q * u + 2.805694384733215e-05f;
  q = q * u - 0.00013147323625162244f;
  q = q * u - 0.00027207567472942173f;
  q = q * u + 0.007245420943945646f;
  q = q * u - 0.05262761190533638f;
  q = q * u - 0.4591621458530426f;
  q = q * u - 1.1511110067367554f;
  vec tail = exp2_of(u * q) * 0.5f;
  return t * choose(t < 0, tail, 1.0f - tail);
}

// t / (1 + e^−t).
INLINE vec silu_of(vec t) {
  const float log2_e = 1.4426950408889634f;
  return t / (1.0f + exp2_of(smaller(t * -log2_e, all_lanes(126.0f))));
}
