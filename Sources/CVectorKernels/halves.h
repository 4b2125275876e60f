// Between float32 and IEEE 754 binary16, in loops that the compiler makes vectors of.
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

static void halves(size_t count, const float *restrict in, uint16_t *restrict out) {
  for (size_t i = 0; i < count; i++) {
    uint32_t bits;
    memcpy(&bits, in + i, sizeof bits);
    const uint32_t sign = bits >> 16 & 0x8000u;
    const uint32_t magnitude = bits & 0x7fffffffu;
    // From 2^-14 on: the exponent's bias goes from 127 to 15; half of what is cut off is added,
    // less one unit where the last kept bit is even.
    const uint32_t rounded = magnitude + 0xfffu + (magnitude >> 13 & 1u);
    const uint32_t normal = (rounded - 0x38000000u) >> 13;
    // Below: beside one half, a float's last bit counts 2^-24, as a subnormal half's does.
    float absolute;
    memcpy(&absolute, &magnitude, sizeof absolute);
    const float beside = absolute + 0.5f;
    uint32_t subnormal;
    memcpy(&subnormal, &beside, sizeof subnormal);
    subnormal -= 0x3f000000u;
    uint32_t half = magnitude < 0x38800000u ? subnormal : normal;
    half = magnitude >= 0x477ff000u ? 0x7c00u : half;
    half = magnitude > 0x7f800000u ? (0x7e00u | (magnitude >> 13 & 0x3ffu)) : half;
    out[i] = (uint16_t)(sign | half);
  }
}

static void floats(size_t count, const uint16_t *restrict in, float *restrict out) {
  for (size_t i = 0; i < count; i++) {
    const uint32_t half = in[i], magnitude = half & 0x7fffu;
    // The exponent's bias goes from 15 to 127 by a product, which makes subnormals normal too.
    const uint32_t bits = magnitude << 13;
    float small;
    memcpy(&small, &bits, sizeof small);
    small *= 0x1p112f;
    uint32_t wide;
    memcpy(&wide, &small, sizeof wide);
    wide |= magnitude >= 0x7c00u ? 0x7f800000u : 0;
    wide |= half << 16 & 0x80000000u;
    memcpy(out + i, &wide, sizeof wide);
  }
}
