#include <stdlib.h>
#include <string.h>

#include "tiff_page.h"

/// Describes the page, and finds its data when libtiff cannot; then `offset` is not 0.
static cimage_code describe(
    TIFF *tiff, const tiff_source *source, cimage_tiff_page at, const cimage_limits *limits,
    tiff_page *page, uint64_t *offset) {
  *offset = 0;
  cimage_code code = tiff_describe(tiff, source, limits, page);
  int is_unpacked = (page->header.notices & CIMAGE_TIFF_UNPACKED) != 0;
  if (code == CIMAGE_OK && (at.plane > 0 || is_unpacked))
    code = tiff_find_plane(tiff, source, page, at.plane, offset);
  return code;
}

cimage_code cimage_tiff_probe(
    const uint8_t *bytes, size_t count, cimage_tiff_page at, const cimage_limits *limits,
    cimage_header *header, cimage_fault *fault) {
  tiff_source source = {.bytes = bytes, .count = count, .fault = fault};
  TIFF *tiff = tiff_open_page(&source, at.directory, limits);
  if (tiff == NULL) return tiff_blame(&source);
  tiff_page page = {0};
  uint64_t offset;
  cimage_code code = describe(tiff, &source, at, limits, &page, &offset);
  *header = page.header;
  TIFFClose(tiff);
  return code;
}

/// Keeps the chosen channels, in their order; colours only as a whole.
static cimage_code choose(
    tiff_page *page, const uint8_t *channels, size_t count, cimage_fault *fault) {
  uint8_t all[TIFF_SAMPLES];
  memcpy(all, page->source, sizeof all);
  int is_sound = count > 0 && count <= TIFF_SAMPLES;
  for (size_t i = 0; i < count && is_sound; i++) is_sound = channels[i] < page->outputs;
  if (page->header.kind == CIMAGE_COLOUR) {
    is_sound = is_sound && count == 3;
    for (size_t i = 0; i < 3 && is_sound; i++) is_sound = channels[i] == i;
  }
  if (!is_sound) return refuse(fault, CIMAGE_UNSUPPORTED, "channels that the page does not have");
  for (size_t i = 0; i < count; i++) page->source[i] = all[channels[i]];
  page->outputs = (uint16_t)count;
  return CIMAGE_OK;
}

/// Checks the probed header, and the size for the chosen channels.
static cimage_code check_chosen(
    const tiff_page *page, const cimage_header *header, const cimage_limits *limits, size_t size,
    cimage_fault *fault) {
  cimage_header found = page->header, promised = *header;
  if (found.channels == promised.channels) found.channels = promised.channels = page->outputs;
  return check_promise(&found, &promised, limits, size, fault);
}

cimage_code cimage_tiff_decode(
    const uint8_t *bytes, size_t count, cimage_tiff_page at, const uint8_t *channels,
    size_t channel_count, const cimage_limits *limits, const cimage_header *header, void *samples,
    size_t size, cimage_fault *fault) {
  tiff_source source = {.bytes = bytes, .count = count, .fault = fault};
  TIFF *tiff = tiff_open_page(&source, at.directory, limits);
  if (tiff == NULL) return tiff_blame(&source);
  tiff_page page = {0};
  uint64_t offset;
  cimage_code code = describe(tiff, &source, at, limits, &page, &offset);
  if (code == CIMAGE_OK) code = choose(&page, channels, channel_count, fault);
  if (code == CIMAGE_OK) code = check_chosen(&page, header, limits, size, fault);
  if (code == CIMAGE_OK
      && (page.conversion == TIFF_YCBCR || page.conversion == TIFF_YCBCR_BLOCKS))
    code = tiff_begin_ycbcr(tiff, &page, fault);
  if (code == CIMAGE_OK)
    code = offset > 0 ? tiff_read_plane(tiff, &source, &page, offset, samples)
        : page.conversion == TIFF_YCBCR_BLOCKS
        ? tiff_read_blocks(tiff, &source, &page, limits, samples, size)
        : page.is_tiled ? tiff_read_tiles(tiff, &source, &page, limits, samples, size)
                        : tiff_read_strips(tiff, &source, &page, samples);
  if (code == CIMAGE_OK && source.made_up) code = CIMAGE_DAMAGED;
  free(page.ycbcr);
  TIFFClose(tiff);
  return code;
}
