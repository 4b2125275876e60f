#include <math.h>
#include <string.h>

#include "tiff_page.h"

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "samples are loaded as little-endian");

#define INLINED static inline __attribute__((always_inline))

/// The sample at an index of a row, as an unsigned integer.
///
/// Whole numbers of bytes are in native byte order, others packed, most significant bits first.
INLINED uint64_t sample_at(const uint8_t *row, size_t index, unsigned bits) {
  uint64_t value = 0;
  if (bits % 8 == 0) {
    memcpy(&value, row + index * (bits / 8), bits / 8);
    return value;
  }
  size_t bit = index * bits;
  unsigned held = 8 - bit % 8;
  const uint8_t *at = row + bit / 8;
  value = *at & (0xFFu >> bit % 8);
  for (; held < bits; held += 8) value = value << 8 | *++at;
  return value >> (held - bits);
}

INLINED int64_t with_sign(uint64_t value, unsigned bits) {
  return (int64_t)(value << (64 - bits)) >> (64 - bits);
}

/// A binary number of few bits. Source: IEEE 754-2019 §3.4; Adobe's TIFF technical note 3 for 24.
static float small_float(uint32_t value, int fraction_bits, int exponent_bits) {
  uint32_t fraction = value & ((1u << fraction_bits) - 1);
  int largest = (1 << exponent_bits) - 1, bias = largest / 2;
  int exponent = (int)(value >> fraction_bits) & largest;
  float size = exponent == largest ? (fraction == 0 ? INFINITY : NAN)
      : exponent == 0 ? ldexpf((float)fraction, 1 - bias - fraction_bits)
                      : ldexpf((float)(fraction | 1u << fraction_bits),
                               exponent - bias - fraction_bits);
  return value >> (fraction_bits + exponent_bits) & 1 ? -size : size;
}

/// One sample of each pixel on its way from a row to the decoded channel.
typedef struct {
  const uint8_t *row;
  size_t first;
  size_t step;
  uint32_t count;
  /// Bits that inversion of unsigned samples flips.
  uint64_t flipped;
  /// −1 when other samples are inverted.
  double sign;
  size_t out_step;
} lane;

#define EACH(type, expression)                                                       \
  for (size_t x = 0; x < at->count; x++) {                                           \
    uint64_t raw = sample_at(at->row, at->first + x * at->step, bits) ^ at->flipped; \
    ((type *)out)[x * at->out_step] = (type)(expression);                            \
  }

/// Scales fewer than eight bits to 0…255.
INLINED void widen(const lane *at, unsigned bits, void *out) {
  uint32_t largest = (1u << bits) - 1;
  EACH(uint8_t, ((uint32_t)raw * 255 + largest / 2) / largest)
}

INLINED void copy_unsigned(const lane *at, unsigned bits, unsigned out_bits, void *out) {
  if (out_bits == 8) EACH(uint8_t, raw)
  else if (out_bits == 16) EACH(uint16_t, raw)
  else if (out_bits == 32) EACH(float, raw)
  else EACH(double, raw)
}

INLINED void copy_signed(const lane *at, unsigned bits, unsigned out_bits, void *out) {
  if (out_bits == 32) EACH(float, at->sign * (double)with_sign(raw, bits))
  else EACH(double, at->sign * (double)with_sign(raw, bits))
}

static void copy_float(const lane *at, unsigned bits, void *out) {
  float sign = (float)at->sign;
  float single;
  double wide;
  switch (bits) {
    case 16: EACH(float, sign * small_float((uint32_t)raw, 10, 5)) break;
    case 24: EACH(float, sign * small_float((uint32_t)raw, 16, 7)) break;
    case 32: EACH(float, (memcpy(&single, &raw, 4), sign * single)) break;
    default: EACH(double, (memcpy(&wide, &raw, 8), at->sign * wide))
  }
}

/// Copies one sample of each pixel to the decoded type.
static void copy_lane(const tiff_page *page, const lane *at, void *out) {
  unsigned bits = page->bits, out_bits = page->header.bits;
  if (page->header.number == CIMAGE_FLOAT) copy_float(at, bits, out);
  else if (page->header.number == CIMAGE_SIGNED)
    switch (bits) {
      case 16: copy_signed(at, 16, out_bits, out); break;
      case 32: copy_signed(at, 32, out_bits, out); break;
      default: copy_signed(at, bits, out_bits, out);
    }
  else
    switch (bits) {
      case 8: copy_unsigned(at, 8, out_bits, out); break;
      case 16: copy_unsigned(at, 16, out_bits, out); break;
      case 32: copy_unsigned(at, 32, out_bits, out); break;
      case 1: case 2: case 3: case 4: case 5: case 6: case 7: widen(at, bits, out); break;
      default: copy_unsigned(at, bits, out_bits, out);
    }
}

/// Colours are the map's high bytes. Source: Pillow's `TiffImagePlugin`.
static void convert_palette(
    const tiff_page *page, const uint8_t *row, uint32_t count, uint8_t *out) {
  for (size_t x = 0; x < count; x++) {
    uint64_t index = sample_at(row, x * page->step, page->bits);
    for (int channel = 0; channel < 3; channel++)
      *out++ = (uint8_t)(page->map[channel][index] >> page->map_shift);
  }
}

/// Whether stored rows are decoded ones.
static int is_copy(const tiff_page *page) {
  int is_same = page->header.number == CIMAGE_FLOAT
      || (page->header.number == CIMAGE_UNSIGNED && page->bits <= 16);
  if (!is_same || page->conversion == TIFF_PALETTE || page->bits != page->header.bits
      || page->step != page->outputs || page->photometric == PHOTOMETRIC_MINISWHITE)
    return 0;
  for (int output = 0; output < page->outputs; output++)
    if (page->step != 1 && page->source[output] != output) return 0;
  return 1;
}

/// Copies a sample of each pixel; a row of a separate plane has no other.
static void copy_sample(
    const tiff_page *page, const uint8_t *row, uint32_t count, int sample, size_t out_step,
    void *out) {
  int is_white = page->photometric == PHOTOMETRIC_MINISWHITE;
  lane at = {
      .row = row, .first = page->step == 1 ? 0 : (size_t)sample, .step = page->step,
      .count = count, .sign = is_white ? -1 : 1, .out_step = out_step};
  if (is_white && page->header.number == CIMAGE_UNSIGNED)
    at.flipped = UINT64_MAX >> (64 - page->bits);
  copy_lane(page, &at, out);
}

void tiff_convert(
    const tiff_page *page, const uint8_t *row, uint32_t count, uint16_t plane, void *key,
    uint8_t *out) {
  size_t size = page->header.bits / 8;
  int is_whole = page->step == page->samples;
  if (page->conversion == TIFF_PALETTE) convert_palette(page, row, count, out);
  else if (is_copy(page) && (is_whole || page->source[0] == plane))
    memcpy(out, row, (size_t)count * page->step * size);
  else
    for (int output = 0; output < page->outputs; output++)
      if (is_whole || page->source[output] == plane)
        copy_sample(page, row, count, page->source[output], page->outputs, out + output * size);
  if (page->key >= 0 && (is_whole || page->key == plane)) {
    copy_sample(page, row, count, page->key, 1, key);
    tiff_finish(page, key, count, out);
  } else if (page->key < 0 && (is_whole || plane == 2)) {
    // Only colours without a key are left, whose planes are the first three.
    tiff_finish(page, NULL, count, out);
  }
}
