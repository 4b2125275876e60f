// Activations made of 2^x, as Sources/CVectorKernels/elementary.h has them.
#pragma once

#include "device.h"

constexpr float LOG2_E = 1.4426950408889634f;

// t · Φ(t). Φ(−u) = ½ · 2^(u · q(u)) with q of degree 7 fitted to log₂ 2Φ(−u) on [0, 6], weighted
// so that the absolute error of u · Φ(−u) is below 1e-8; beyond 6, Φ(−u) is below 1e-9.
DEVICE float gelu_of(float t) {
  float u = smaller(t < 0 ? -t : t, 6.0f);
  float q = -1.902065832837252e-06f;
  q = q * u + 2.805694384733215e-05f;
  q = q * u - 0.00013147323625162244f;
  q = q * u - 0.00027207567472942173f;
  q = q * u + 0.007245420943945646f;
  q = q * u - 0.05262761190533638f;
  q = q * u - 0.4591621458530426f;
  q = q * u - 1.1511110067367554f;
  float tail = exp2_of(u * q) * 0.5f;
  return t * (t < 0 ? tail : 1.0f - tail);
}

// t / (1 + 2^(−x)).
DEVICE float sigmoid_times(float t, float x) { return t / (1.0f + exp2_of(smaller(-x, 126.0f))); }

// t / 2 · (1 + tanh(√(2 / π) · (t + 0.044715 t³))).
DEVICE float tanh_gelu_of(float t) {
  return sigmoid_times(t, 2 * LOG2_E * 0.7978845608028654f * (t + 0.044715f * t * t * t));
}

// t · σ(1.702 t).
DEVICE float quick_gelu_of(float t) { return sigmoid_times(t, 1.702f * LOG2_E * t); }

// t / (1 + e^−t).
DEVICE float silu_of(float t) { return sigmoid_times(t, LOG2_E * t); }
