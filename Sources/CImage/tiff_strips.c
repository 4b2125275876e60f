#include <stdlib.h>

#include "tiff_page.h"

/// Lists the planes that hold decoded channels, that of the key last; returns how many.
static int needed_planes(const tiff_page *page, uint16_t planes[TIFF_SAMPLES]) {
  int count = 0;
  if (page->step == page->samples) {
    planes[count++] = 0;
    return count;
  }
  for (uint16_t plane = 0; plane < page->samples; plane++) {
    int is_needed = 0;
    for (int output = 0; output < page->outputs; output++)
      is_needed |= page->source[output] == plane;
    if (is_needed) planes[count++] = plane;
  }
  if (page->key >= 0) planes[count++] = (uint16_t)page->key;
  return count;
}

/// Memory for one row or tile as stored, and for a row of the key.
typedef struct {
  uint8_t *stored;
  void *key;
} buffers;

static cimage_code allocate(
    buffers *into, const tiff_page *page, uint64_t stored, uint32_t width, cimage_fault *fault) {
  into->stored = calloc(1, (size_t)stored);
  into->key = page->key < 0 ? NULL : calloc(width, page->header.bits / 8);
  if (into->stored == NULL || (page->key >= 0 && into->key == NULL))
    return refuse(fault, CIMAGE_NO_MEMORY, "no memory for a row or a tile");
  return CIMAGE_OK;
}

static void release(buffers *from) {
  free(from->stored);
  free(from->key);
}

cimage_code tiff_read_strips(
    TIFF *tiff, const tiff_source *source, const tiff_page *page, uint8_t *samples) {
  uint32_t width = page->header.width;
  size_t out_size = width * tiff_pixel_size(page);
  uint64_t row = (uint64_t)TIFFScanlineSize64(tiff);
  if (row != tiff_row_size(page, width))
    return refuse(source->fault, CIMAGE_UNSUPPORTED, "an unexpected arrangement of samples");
  uint16_t planes[TIFF_SAMPLES];
  int count = needed_planes(page, planes);
  buffers at;
  cimage_code code = allocate(&at, page, row, width, source->fault);
  for (int plane = 0; plane < count; plane++)
    for (uint32_t y = 0; y < page->header.height && code == CIMAGE_OK; y++)
      if (TIFFReadScanline(tiff, at.stored, y, planes[plane]) < 0) code = tiff_blame(source);
      else tiff_convert(page, at.stored, width, planes[plane], at.key, samples + y * out_size);
  release(&at);
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

cimage_code tiff_check_tiles(
    TIFF *tiff, const tiff_page *page, const cimage_limits *limits, size_t size,
    cimage_fault *fault) {
  if (tiles_fit(tiff, page, limits, size)) return CIMAGE_OK;
  return refuse(
      fault, CIMAGE_DAMAGED, "tiles of %u×%u for a picture of %u×%u", page->tile_width,
      page->tile_height, page->header.width, page->header.height);
}

static void convert_tile(
    const tiff_page *page, const buffers *at, uint32_t left, uint32_t top, uint16_t plane,
    uint8_t *samples) {
  size_t stride = tiff_row_size(page, page->tile_width);
  uint32_t width = page->header.width - left, height = page->header.height - top;
  if (width > page->tile_width) width = page->tile_width;
  if (height > page->tile_height) height = page->tile_height;
  for (uint32_t y = 0; y < height; y++)
    tiff_convert(
        page, at->stored + y * stride, width, plane, at->key,
        samples + ((size_t)(top + y) * page->header.width + left) * tiff_pixel_size(page));
}

cimage_code tiff_read_tiles(
    TIFF *tiff, const tiff_source *source, const tiff_page *page, const cimage_limits *limits,
    uint8_t *samples, size_t size) {
  cimage_code code = tiff_check_tiles(tiff, page, limits, size, source->fault);
  if (code != CIMAGE_OK) return code;
  if (TIFFTileRowSize64(tiff) != tiff_row_size(page, page->tile_width)
      || TIFFTileSize64(tiff) != TIFFTileRowSize64(tiff) * page->tile_height)
    return refuse(source->fault, CIMAGE_UNSUPPORTED, "an unexpected arrangement of samples");
  uint16_t planes[TIFF_SAMPLES];
  int count = needed_planes(page, planes);
  buffers at;
  code = allocate(&at, page, TIFFTileSize64(tiff), page->tile_width, source->fault);
  for (int i = 0; i < count; i++)
    for (uint64_t y = 0; y < page->header.height && code == CIMAGE_OK; y += page->tile_height)
      for (uint64_t x = 0; x < page->header.width && code == CIMAGE_OK; x += page->tile_width)
        if (TIFFReadTile(tiff, at.stored, (uint32_t)x, (uint32_t)y, 0, planes[i]) < 0)
          code = tiff_blame(source);
        else convert_tile(page, &at, (uint32_t)x, (uint32_t)y, planes[i], samples);
  release(&at);
  return code;
}
