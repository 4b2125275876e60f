#include <stdlib.h>
#include <string.h>

#include "tiff_page.h"

/// Whether the strips of the directory follow one another, so that its planes can as well.
static int strips_follow(TIFF *tiff, const tiff_page *page) {
  uint32_t rows = 0, strips = TIFFNumberOfStrips(tiff);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &rows);
  uint64_t first = TIFFGetStrileOffset(tiff, 0);
  uint64_t size = (uint64_t)rows * tiff_row_size(page, page->header.width);
  for (uint32_t strip = 1; strip < strips; strip++)
    if (TIFFGetStrileOffset(tiff, strip) != first + strip * size) return 0;
  return strips > 0;
}

cimage_code tiff_find_plane(
    TIFF *tiff, const tiff_source *source, const tiff_page *page, uint64_t plane,
    uint64_t *offset) {
  uint16_t order = FILLORDER_MSB2LSB;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_FILLORDER, &order);
  if (page->compression != COMPRESSION_NONE || page->is_tiled || page->step != page->samples
      || order != FILLORDER_MSB2LSB || page->conversion == TIFF_YCBCR_BLOCKS
      || !strips_follow(tiff, page))
    return refuse(
        source->fault, CIMAGE_UNSUPPORTED, "planes behind one directory that do not follow"
        " one another; save the stack as TIFF with a directory for each");
  uint64_t size, end;
  uint64_t first = TIFFGetStrileOffset(tiff, 0);
  if (first == 0
      || __builtin_mul_overflow(
          (uint64_t)tiff_row_size(page, page->header.width), page->header.height, &size)
      || __builtin_mul_overflow(size, plane, offset)
      || __builtin_add_overflow(*offset, first, offset)
      || __builtin_add_overflow(*offset, size, &end) || end > source->count)
    return refuse(
        source->fault, CIMAGE_TRUNCATED, "the file ends before plane %llu",
        (unsigned long long)plane);
  return CIMAGE_OK;
}

static void swap_bytes(TIFF *tiff, const tiff_page *page, uint8_t *row, size_t size) {
  if (!TIFFIsByteSwapped(tiff)) return;
  switch (page->bits) {
    case 16: TIFFSwabArrayOfShort((uint16_t *)row, (tmsize_t)size / 2); break;
    case 24: TIFFSwabArrayOfTriples(row, (tmsize_t)size / 3); break;
    case 32: TIFFSwabArrayOfLong((uint32_t *)row, (tmsize_t)size / 4); break;
    case 64: TIFFSwabArrayOfLong8((uint64_t *)row, (tmsize_t)size / 8); break;
  }
}

cimage_code tiff_read_plane(
    TIFF *tiff, const tiff_source *source, const tiff_page *page, uint64_t offset,
    uint8_t *samples) {
  uint32_t width = page->header.width;
  size_t size = tiff_row_size(page, width);
  uint8_t *row = calloc(1, size);
  void *key = calloc(width, page->header.bits / 8);
  cimage_code code = CIMAGE_OK;
  if (row == NULL || key == NULL)
    code = refuse(source->fault, CIMAGE_NO_MEMORY, "no memory for a row");
  for (uint32_t y = 0; y < page->header.height && code == CIMAGE_OK; y++) {
    memcpy(row, source->bytes + offset + y * size, size);
    swap_bytes(tiff, page, row, size);
    tiff_convert(page, row, width, 0, key, samples + y * width * tiff_pixel_size(page));
  }
  free(row);
  free(key);
  return code;
}
