#include "tiff_page.h"

/// What the markers of a JPEG stream say of its colours.
typedef struct {
  int components;
  uint8_t identifier[4];
  /// Sampling factors across and down.
  uint8_t across[4];
  uint8_t down[4];
  /// The numbers of quantisation tables.
  uint8_t table[4];
  int has_jfif;
  /// Adobe's transform; -1 without its marker.
  int transform;
} jpeg_stream;

/// Reads the markers up to the frame header; false without one.
///
/// Source: ITU-T T.81 B.1–B.2; T.872 6.5.3 for Adobe's marker.
static int read_markers(const uint8_t *bytes, uint64_t count, jpeg_stream *stream) {
  *stream = (jpeg_stream){.transform = -1};
  for (uint64_t at = 2; at + 4 <= count;) {
    if (bytes[at] != 0xFF) return 0;
    uint8_t marker = bytes[at + 1];
    if (marker == 0xFF) {
      at += 1;
      continue;
    }
    uint64_t length = (uint64_t)bytes[at + 2] << 8 | bytes[at + 3];
    const uint8_t *content = bytes + at + 4;
    if (length < 2 || at + 2 + length > count) return 0;
    if (marker == 0xE0 && length >= 7 && content[0] == 'J' && content[1] == 'F')
      stream->has_jfif = 1;
    if (marker == 0xEE && length >= 14 && content[0] == 'A' && content[1] == 'd')
      stream->transform = content[11];
    if (marker >= 0xC0 && marker <= 0xC2) {
      if (length < 8) return 0;
      stream->components = content[5];
      if (stream->components > 4 || length < 8u + 3u * (unsigned)stream->components) return 0;
      for (int i = 0; i < stream->components; i++) {
        const uint8_t *component = content + 6 + 3 * i;
        stream->identifier[i] = component[0];
        stream->across[i] = component[1] >> 4;
        stream->down[i] = component[1] & 15;
        stream->table[i] = component[2];
      }
      return 1;
    }
    if (marker == 0xDA) return 0;
    at += 2 + length;
  }
  return 0;
}

static int is_named_rgb(const jpeg_stream *stream) {
  return stream->identifier[0] == 'R' && stream->identifier[1] == 'G'
      && stream->identifier[2] == 'B';
}

/// Whether three components are surely Y, Cb, Cr.
///
/// Source: libjpeg's `default_decompress_parms`; what it guesses from the numbers 1, 2, 3 is taken
/// here from coarser chroma, in samples or in steps, for Aperio's RGB has these numbers as well.
static int is_ycbcr(const jpeg_stream *stream) {
  if (stream->has_jfif) return 1;
  if (stream->transform >= 0) return stream->transform == 1;
  if (is_named_rgb(stream)) return 0;
  return stream->across[1] < stream->across[0] || stream->down[1] < stream->down[0]
      || (stream->table[1] != stream->table[0] && stream->table[1] == stream->table[2]);
}

static int is_rgb(const jpeg_stream *stream) {
  return !stream->has_jfif
      && (stream->transform == 0 || (stream->transform < 0 && is_named_rgb(stream)));
}

/// Makes libtiff expect the stream's sampling, and libjpeg convert it.
static cimage_code convert_ycbcr(TIFF *tiff, const jpeg_stream *stream, cimage_fault *fault) {
  int across = stream->across[0], down = stream->down[0];
  if ((across != 1 && across != 2 && across != 4) || (down != 1 && down != 2 && down != 4))
    return refuse(
        fault, CIMAGE_UNSUPPORTED, "YCbCr colours in blocks of %d×%d", across, down);
  TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_YCBCR);
  TIFFSetField(tiff, TIFFTAG_YCBCRSUBSAMPLING, across, down);
  TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
  return CIMAGE_OK;
}

cimage_code tiff_describe_jpeg(TIFF *tiff, const tiff_source *source, tiff_page *page) {
  cimage_fault *fault = source->fault;
  if (page->bits != 8 || page->header.number != CIMAGE_UNSIGNED)
    return refuse(fault, CIMAGE_UNSUPPORTED, "JPEG samples of %u bits", page->bits);
  int is_ycbcr_tag = page->photometric == PHOTOMETRIC_YCBCR;
  if (is_ycbcr_tag && page->step == 1)
    return refuse(fault, CIMAGE_UNSUPPORTED, "YCbCr colours in separate planes");
  uint64_t offset = TIFFGetStrileOffset(tiff, 0), length = TIFFGetStrileByteCount(tiff, 0);
  if (offset > source->count) return refuse(fault, CIMAGE_TRUNCATED, "its data lie behind the end");
  if (length > source->count - offset) length = source->count - offset;
  jpeg_stream stream;
  int is_read = read_markers(source->bytes + offset, length, &stream);
  if (is_read && stream.components == 4 && stream.transform == 2)
    return refuse(fault, CIMAGE_UNSUPPORTED, "JPEG with YCCK inks; save it as RGB");
  if (!is_read || stream.components != 3 || page->samples != 3) {
    if (is_ycbcr_tag) TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
    return CIMAGE_OK;
  }
  if (is_ycbcr_tag && is_rgb(&stream)) {
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC, PHOTOMETRIC_RGB);
    page->header.notices |= CIMAGE_TIFF_RGB_IN_YCBCR;
  } else if (is_ycbcr_tag) {
    return convert_ycbcr(tiff, &stream, fault);
  } else if (page->photometric == PHOTOMETRIC_RGB && page->step == 3 && is_ycbcr(&stream)) {
    page->header.notices |= CIMAGE_TIFF_YCBCR_IN_RGB;
    return convert_ycbcr(tiff, &stream, fault);
  }
  return CIMAGE_OK;
}
