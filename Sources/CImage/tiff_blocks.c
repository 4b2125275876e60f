#include <stdlib.h>

#include "tiff_page.h"

/// A strip or tile of YCbCr blocks: each has its Y samples row by row, then one Cb and one Cr.
///
/// Source: TIFF 6.0 §21, "ordering of component samples".
typedef struct {
  uint32_t left;
  uint32_t top;
  uint32_t width;
  uint32_t height;
} piece;

static uint64_t blocks(uint32_t side, uint16_t block) {
  return ((uint64_t)side + block - 1) / block;
}

static uint64_t piece_size(const tiff_page *page, uint32_t width, uint32_t height) {
  return blocks(width, page->block_width) * blocks(height, page->block_height)
      * ((uint64_t)page->block_width * page->block_height + 2);
}

/// Converts the pixels of a piece that are within the picture.
static void convert_piece(
    const tiff_page *page, const uint8_t *stored, piece at, uint8_t *samples) {
  uint32_t block_width = page->block_width, block_height = page->block_height;
  size_t luma = (size_t)block_width * block_height, across = blocks(at.width, page->block_width);
  uint32_t width = page->header.width - at.left, height = page->header.height - at.top;
  if (width > at.width) width = at.width;
  if (height > at.height) height = at.height;
  for (uint32_t y = 0; y < height; y++) {
    const uint8_t *row = stored + y / block_height * across * (luma + 2);
    uint8_t *first = samples + ((size_t)(at.top + y) * page->header.width + at.left) * 3;
    uint8_t *out = first;
    for (uint32_t x = 0; x < width; x++, out += 3) {
      const uint8_t *block = row + x / block_width * (luma + 2);
      out[0] = block[y % block_height * block_width + x % block_width];
      out[1] = block[luma];
      out[2] = block[luma + 1];
    }
    tiff_finish(page, NULL, width, first);
  }
}

static cimage_code read_piece(
    TIFF *tiff, const tiff_source *source, const tiff_page *page, uint32_t number, piece at,
    uint8_t *stored, uint8_t *samples) {
  uint64_t size = piece_size(page, at.width, at.height);
  tmsize_t read = page->is_tiled ? TIFFReadEncodedTile(tiff, number, stored, (tmsize_t)size)
                                 : TIFFReadEncodedStrip(tiff, number, stored, (tmsize_t)size);
  if (read < 0) return tiff_blame(source);
  if ((uint64_t)read != size)
    return refuse(source->fault, CIMAGE_TRUNCATED, "a piece of %lld bytes, not %llu",
                  (long long)read, (unsigned long long)size);
  convert_piece(page, stored, at, samples);
  return CIMAGE_OK;
}

cimage_code tiff_read_blocks(
    TIFF *tiff, const tiff_source *source, const tiff_page *page, const cimage_limits *limits,
    uint8_t *samples, size_t size) {
  uint32_t width = page->header.width, height = page->header.height, rows = height;
  if (page->is_tiled) {
    cimage_code code = tiff_check_tiles(tiff, page, limits, size, source->fault);
    if (code != CIMAGE_OK) return code;
    width = page->tile_width;
    rows = page->tile_height;
  } else {
    TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &rows);
    if (rows > height) rows = height;
  }
  uint64_t stored_size = piece_size(page, width, rows);
  uint64_t expected =
      page->is_tiled ? TIFFTileSize64(tiff) : (uint64_t)TIFFVStripSize64(tiff, rows);
  if (rows == 0 || expected != stored_size || (rows < height && rows % page->block_height != 0))
    return refuse(source->fault, CIMAGE_UNSUPPORTED, "an unexpected arrangement of samples");
  if (stored_size > limits->allocation && stored_size / 2 > size)
    return refuse(source->fault, CIMAGE_DAMAGED, "strips far larger than the picture");
  uint8_t *stored = calloc(1, (size_t)stored_size);
  if (stored == NULL) return refuse(source->fault, CIMAGE_NO_MEMORY, "no memory for a strip");
  cimage_code code = CIMAGE_OK;
  uint32_t number = 0;
  for (uint64_t top = 0; top < height && code == CIMAGE_OK; top += rows)
    for (uint64_t left = 0; left < page->header.width && code == CIMAGE_OK; left += width) {
      piece at = {(uint32_t)left, (uint32_t)top, width, rows};
      if (!page->is_tiled && height - top < rows) at.height = (uint32_t)(height - top);
      code = read_piece(tiff, source, page, number++, at, stored, samples);
    }
  free(stored);
  return code;
}
