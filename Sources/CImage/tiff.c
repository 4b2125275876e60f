#include <stdlib.h>

#include "tiff_page.h"

/// The code of an error, given what happened while reading.
static cimage_code blame(const tiff_source *source) {
  cimage_code code = source->ran_out ? CIMAGE_TRUNCATED : CIMAGE_DAMAGED;
  return refuse(source->fault, code, "its directory or its data cannot be read");
}

cimage_code cimage_tiff_probe(
    const uint8_t *bytes, size_t count, uint64_t directory, const cimage_limits *limits,
    cimage_header *header, cimage_fault *fault) {
  tiff_source source = {.bytes = bytes, .count = count, .fault = fault};
  TIFF *tiff = tiff_open_page(&source, directory, limits);
  if (tiff == NULL) return blame(&source);
  tiff_page page = {0};
  cimage_code code = tiff_describe(tiff, limits, &page, fault);
  *header = page.header;
  TIFFClose(tiff);
  return code;
}

/// The bytes of `width` pixels as the file stores them, in one plane.
static size_t stored_row(const tiff_page *page, uint32_t width) {
  return ((size_t)width * page->step * page->bits + 7) / 8;
}

static cimage_code read_strips(
    TIFF *tiff, const tiff_source *source, const tiff_page *page, uint8_t *samples) {
  size_t out_size = (size_t)page->header.width * page->header.channels * (page->header.bits / 8);
  if (TIFFScanlineSize64(tiff) != stored_row(page, page->header.width))
    return refuse(source->fault, CIMAGE_UNSUPPORTED, "an unexpected arrangement of samples");
  uint8_t *row = calloc(1, (size_t)TIFFScanlineSize64(tiff));
  if (row == NULL) return refuse(source->fault, CIMAGE_NO_MEMORY, "no memory for a row");
  cimage_code code = CIMAGE_OK;
  for (uint16_t plane = 0; plane < page->planes && code == CIMAGE_OK; plane++)
    for (uint32_t y = 0; y < page->header.height && code == CIMAGE_OK; y++)
      if (TIFFReadScanline(tiff, row, y, plane) < 0) code = blame(source);
      else tiff_convert(page, row, page->header.width, plane, samples + y * out_size);
  free(row);
  return code;
}

/// Whether the tiles together, including edges, are not much larger than the picture that they
/// cover, and one of them, including dropped samples, not much larger than the allocation limit.
static int tiles_fit(TIFF *tiff, const tiff_page *page, const cimage_limits *limits, size_t size) {
  uint64_t across = ((uint64_t)page->header.width + page->tile_width - 1) / page->tile_width;
  uint64_t down = ((uint64_t)page->header.height + page->tile_height - 1) / page->tile_height;
  uint64_t width, height, pixels;
  return !__builtin_mul_overflow(across, page->tile_width, &width)
      && !__builtin_mul_overflow(down, page->tile_height, &height)
      && !__builtin_mul_overflow(width, height, &pixels) && pixels / 2 <= limits->pixels
      && (TIFFTileSize64(tiff) <= limits->allocation || TIFFTileSize64(tiff) / 2 <= size);
}

static void convert_tile(
    const tiff_page *page, const uint8_t *tile, uint32_t left, uint32_t top, uint16_t plane,
    uint8_t *samples) {
  size_t pixel = (size_t)page->header.channels * (page->header.bits / 8);
  size_t stride = stored_row(page, page->tile_width);
  uint32_t width = page->header.width - left, height = page->header.height - top;
  if (width > page->tile_width) width = page->tile_width;
  if (height > page->tile_height) height = page->tile_height;
  for (uint32_t y = 0; y < height; y++)
    tiff_convert(
        page, tile + y * stride, width, plane,
        samples + ((size_t)(top + y) * page->header.width + left) * pixel);
}

static cimage_code read_tiles(
    TIFF *tiff, const tiff_source *source, const tiff_page *page, const cimage_limits *limits,
    uint8_t *samples, size_t size) {
  if (!tiles_fit(tiff, page, limits, size))
    return refuse(
        source->fault, CIMAGE_DAMAGED, "tiles of %u×%u for a picture of %u×%u", page->tile_width,
        page->tile_height, page->header.width, page->header.height);
  if (TIFFTileRowSize64(tiff) != stored_row(page, page->tile_width)
      || TIFFTileSize64(tiff) != TIFFTileRowSize64(tiff) * page->tile_height)
    return refuse(source->fault, CIMAGE_UNSUPPORTED, "an unexpected arrangement of samples");
  uint8_t *tile = calloc(1, (size_t)TIFFTileSize64(tiff));
  if (tile == NULL) return refuse(source->fault, CIMAGE_NO_MEMORY, "no memory for a tile");
  cimage_code code = CIMAGE_OK;
  for (uint16_t plane = 0; plane < page->planes; plane++)
    for (uint64_t y = 0; y < page->header.height && code == CIMAGE_OK; y += page->tile_height)
      for (uint64_t x = 0; x < page->header.width && code == CIMAGE_OK; x += page->tile_width)
        if (TIFFReadTile(tiff, tile, (uint32_t)x, (uint32_t)y, 0, plane) < 0) code = blame(source);
        else convert_tile(page, tile, (uint32_t)x, (uint32_t)y, plane, samples);
  free(tile);
  return code;
}

cimage_code cimage_tiff_decode(
    const uint8_t *bytes, size_t count, uint64_t directory, const cimage_limits *limits,
    const cimage_header *header, void *samples, size_t size, cimage_fault *fault) {
  tiff_source source = {.bytes = bytes, .count = count, .fault = fault};
  TIFF *tiff = tiff_open_page(&source, directory, limits);
  if (tiff == NULL) return blame(&source);
  tiff_page page = {0};
  cimage_code code = tiff_describe(tiff, limits, &page, fault);
  if (code == CIMAGE_OK) code = check_promise(&page.header, header, limits, size, fault);
  if (code == CIMAGE_OK)
    code = page.is_tiled ? read_tiles(tiff, &source, &page, limits, samples, size)
                         : read_strips(tiff, &source, &page, samples);
  if (code == CIMAGE_OK && source.made_up) code = CIMAGE_DAMAGED;
  TIFFClose(tiff);
  return code;
}
