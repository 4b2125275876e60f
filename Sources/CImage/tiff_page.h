#pragma once

#include "tiff_source.h"

/// How stored samples become decoded ones.
typedef enum {
  /// Each decoded channel is a stored sample.
  TIFF_PLAIN,
  /// The only sample is an index into the map.
  TIFF_PALETTE,
  /// Cyan, magenta, yellow; black is the key sample.
  TIFF_INKS,
  TIFF_CIELAB,
  TIFF_ICCLAB,
  TIFF_ITULAB,
  /// YCbCr with all three samples of each pixel.
  TIFF_YCBCR,
  /// YCbCr in blocks of pixels that share their Cb and Cr.
  TIFF_YCBCR_BLOCKS,
} tiff_conversion;

enum { TIFF_SAMPLES = 64 };

/// The storage of a page's samples.
typedef struct {
  /// `channels` are all that can be decoded.
  cimage_header header;
  uint16_t photometric;
  uint16_t compression;
  tiff_conversion conversion;
  /// Bits of a stored sample, 1 to 64.
  uint16_t bits;
  /// Samples of a pixel.
  uint16_t samples;
  /// Adjacent samples of one pixel: all of them, or one in separate planes.
  uint16_t step;
  /// Decoded channels, and the stored sample of each.
  uint16_t outputs;
  uint8_t source[TIFF_SAMPLES];
  /// The sample that the others are divided by (alpha) or darkened by (black); -1 without one.
  int key;
  int is_tiled;
  uint32_t tile_width;
  uint32_t tile_height;
  /// The maps of a palette; each has 1 << bits entries.
  uint16_t *map[3];
  /// Bits to remove from an entry of the maps.
  unsigned map_shift;
  /// Pixels of a block, across and down.
  uint16_t block_width;
  uint16_t block_height;
  /// The constants of YCbCr, while pixels are read; the caller frees them.
  TIFFYCbCrToRGB *ycbcr;
} tiff_page;

/// Reads the storage of the page's samples from its tags.
cimage_code tiff_describe(
    TIFF *tiff, const tiff_source *source, const cimage_limits *limits, tiff_page *page);

/// Reads what the samples mean: sets the conversion, the channels, and their sources.
cimage_code tiff_describe_kind(
    TIFF *tiff, const cimage_limits *limits, tiff_page *page, cimage_fault *fault);

/// Refuses compressions that are not read, by their usual name.
cimage_code tiff_check_compression(uint16_t compression, cimage_fault *fault);

/// Makes libtiff convert the YCbCr colours of a JPEG stream, or leave its RGB alone, as its markers
/// say.
cimage_code tiff_describe_jpeg(TIFF *tiff, const tiff_source *source, tiff_page *page);

/// The bytes of `width` pixels as the file stores them, in one plane.
static inline size_t tiff_row_size(const tiff_page *page, uint32_t width) {
  return ((size_t)width * page->step * page->bits + 7) / 8;
}

/// The bytes of a decoded pixel.
static inline size_t tiff_pixel_size(const tiff_page *page) {
  return (size_t)page->outputs * (page->header.bits / 8);
}

/// Converts `count` pixels of a row from the file's storage to the caller's.
///
/// `row` begins with a pixel's first sample in native byte order, `out` is the pixel's place in the
/// picture. With separate planes only the channels of `plane` are written, and what depends on
/// several samples is done with the last; `key` has space for `count` samples.
void tiff_convert(
    const tiff_page *page, const uint8_t *row, uint32_t count, uint16_t plane, void *key,
    uint8_t *out);

/// Converts samples that have been copied, whose key, if there is one, is given beside them.
void tiff_finish(const tiff_page *page, const void *key, uint32_t count, uint8_t *out);

cimage_code tiff_begin_ycbcr(TIFF *tiff, tiff_page *page, cimage_fault *fault);

/// Refuses tiles that are far larger than the picture.
cimage_code tiff_check_tiles(
    TIFF *tiff, const tiff_page *page, const cimage_limits *limits, size_t size,
    cimage_fault *fault);

/// Reads all pixels of the page.
cimage_code tiff_read_strips(
    TIFF *tiff, const tiff_source *source, const tiff_page *page, uint8_t *samples);
cimage_code tiff_read_tiles(
    TIFF *tiff, const tiff_source *source, const tiff_page *page, const cimage_limits *limits,
    uint8_t *samples, size_t size);
cimage_code tiff_read_blocks(
    TIFF *tiff, const tiff_source *source, const tiff_page *page, const cimage_limits *limits,
    uint8_t *samples, size_t size);

/// Finds where a plane begins of those that follow one another behind the page's directory.
cimage_code tiff_find_plane(
    TIFF *tiff, const tiff_source *source, const tiff_page *page, uint64_t plane,
    uint64_t *offset);
cimage_code tiff_read_plane(
    TIFF *tiff, const tiff_source *source, const tiff_page *page, uint64_t offset,
    uint8_t *samples);
