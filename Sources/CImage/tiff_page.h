#pragma once

#include <tiffio.h>

#include "fault.h"

/// A file in memory, for libtiff, with the first error that occurred.
typedef struct {
  const uint8_t *bytes;
  uint64_t count;
  uint64_t position;
  /// A read went past the end.
  int ran_out;
  /// A codec replaced missing pixels and continued.
  int made_up;
  cimage_fault *fault;
} tiff_source;

/// The storage of a page's samples.
typedef struct {
  cimage_header header;
  uint16_t photometric;
  /// Bits of a stored sample: 1, 2, 4, 8, 16 or 32.
  uint16_t bits;
  /// Adjacent samples of one pixel.
  uint16_t step;
  /// Planes to read, in sequence.
  uint16_t planes;
  int is_tiled;
  uint32_t tile_width;
  uint32_t tile_height;
  /// The maps of a palette; each has 1 << bits entries.
  uint16_t *map[3];
} tiff_page;

/// Opens the page at an offset; NULL after an error. The caller closes it with `TIFFClose`.
TIFF *tiff_open_page(tiff_source *source, uint64_t directory, const cimage_limits *limits);

/// Reads the storage of the page's samples from its tags.
cimage_code tiff_describe(
    TIFF *tiff, const cimage_limits *limits, tiff_page *page, cimage_fault *fault);

/// Converts `count` pixels of a row from the file's storage to the caller's.
///
/// `row` begins with a pixel's first sample, `out` is the pixel's place in the picture. With
/// separate planes only the channel `plane` is written.
void tiff_convert(
    const tiff_page *page, const uint8_t *row, uint32_t count, uint16_t plane, uint8_t *out);
