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
  /// The file is valid, and libtiff cannot read it.
  int unsupported;
  cimage_fault *fault;
} tiff_source;

/// Opens the page at an offset; NULL after an error. The caller closes it with `TIFFClose`.
TIFF *tiff_open_page(tiff_source *source, uint64_t directory, const cimage_limits *limits);

/// The code of an error, given what happened while reading.
cimage_code tiff_blame(const tiff_source *source);
