#include <string.h>

#include "tiff_page.h"

/// The sample at an index of a row, of 1, 2, 4 or 8 bits, most significant bits first.
static inline uint32_t sample_at(const uint8_t *row, size_t index, uint32_t bits) {
  size_t bit = index * bits;
  return row[bit / 8] >> (8 - bits - bit % 8) & ((1u << bits) - 1);
}

/// Colours are the map's high bytes. Source: Pillow's `TiffImagePlugin`.
static void convert_palette(
    const tiff_page *page, const uint8_t *row, uint32_t count, uint8_t *out) {
  for (size_t x = 0; x < count; x++) {
    uint32_t index = sample_at(row, x * page->step, page->bits);
    for (int channel = 0; channel < 3; channel++)
      *out++ = (uint8_t)(page->map[channel][index] >> 8);
  }
}

/// Scales fewer than eight bits to 0…255.
static void convert_packed(
    const tiff_page *page, const uint8_t *row, uint32_t count, uint8_t *out) {
  uint32_t unit = 255 / ((1u << page->bits) - 1);
  for (size_t x = 0; x < count; x++)
    out[x] = (uint8_t)(unit * sample_at(row, x * page->step, page->bits));
}

/// Copies `channels` samples of `size` bytes per pixel.
static inline void copy_samples(
    const uint8_t *in, size_t in_step, uint8_t *out, size_t out_step, size_t channels,
    size_t size, uint32_t count) {
  for (uint32_t x = 0; x < count; x++, in += in_step * size, out += out_step * size)
    memcpy(out, in, channels * size);
}

static void convert_whole(
    const tiff_page *page, const uint8_t *row, uint32_t count, uint16_t plane, uint8_t *out) {
  size_t size = page->bits / 8, out_step = page->header.channels;
  size_t channels = page->step < out_step ? 1 : out_step;
  out += plane * size;
  if (page->step == out_step) memcpy(out, row, (size_t)count * out_step * size);
  else if (size == 1) copy_samples(row, page->step, out, out_step, channels, 1, count);
  else if (size == 2) copy_samples(row, page->step, out, out_step, channels, 2, count);
  else copy_samples(row, page->step, out, out_step, channels, 4, count);
}

/// Inverts samples whose 0 is white, so that 0 is black.
static void invert(const tiff_page *page, uint32_t count, uint8_t *out) {
  size_t bytes = (size_t)count * (page->header.bits / 8);
  for (size_t i = 0; i < bytes; i++) out[i] = (uint8_t)~out[i];
}

void tiff_convert(
    const tiff_page *page, const uint8_t *row, uint32_t count, uint16_t plane, uint8_t *out) {
  if (page->photometric == PHOTOMETRIC_PALETTE) convert_palette(page, row, count, out);
  else if (page->bits < 8) convert_packed(page, row, count, out);
  else convert_whole(page, row, count, plane, out);
  if (page->photometric == PHOTOMETRIC_MINISWHITE) invert(page, count, out);
}
