#pragma once

#include <tiffio.h>

#include "fault.h"

/// A file in memory, as libtiff reads it, and the first thing that went wrong there.
typedef struct {
  const uint8_t *bytes;
  uint64_t count;
  uint64_t position;
  /// A read reached behind the end.
  int ran_out;
  /// A codec made pixels up and went on.
  int made_up;
  cimage_fault *fault;
} tiff_source;

/// How a page stores its samples.
typedef struct {
  cimage_header header;
  uint16_t photometric;
  /// Bits of a stored sample: 1, 2, 4, 8, 16 or 32.
  uint16_t bits;
  /// Samples of one pixel that lie side by side.
  uint16_t step;
  /// Planes to read, one after the other.
  uint16_t planes;
  int is_tiled;
  uint32_t tile_width;
  uint32_t tile_height;
  /// Of a palette; each has 1 << bits entries.
  uint16_t *map[3];
} tiff_page;

/// Opens the page at an offset; NULL after an error. To be closed with `TIFFClose`.
TIFF *tiff_open_page(tiff_source *source, uint64_t directory, const cimage_limits *limits);

/// Reads from the page's tags what its pixels are.
cimage_code tiff_describe(
    TIFF *tiff, const cimage_limits *limits, tiff_page *page, cimage_fault *fault);

/// Converts `count` pixels of a row as the file stores them into those that a caller gets.
///
/// `row` begins with a pixel's first sample, `out` is the pixel's place in the picture. Of
/// separate planes only the channel `plane` is written.
void tiff_convert(
    const tiff_page *page, const uint8_t *row, uint32_t count, uint16_t plane, uint8_t *out);
