/// Pictures to and from memory, around libpng, libjpeg and libtiff.
///
/// No jump leaves these functions and nothing is printed. Every function returns a code; unless it
/// is `CIMAGE_OK`, the fault holds one line that says why, ended by a zero.
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef enum {
  CIMAGE_OK,
  /// The bytes contradict their format or each other.
  CIMAGE_DAMAGED,
  /// The bytes end too early, or point behind their end.
  CIMAGE_TRUNCATED,
  /// A kind of picture that is not decoded here.
  CIMAGE_UNSUPPORTED,
  CIMAGE_NO_MEMORY,
} cimage_code;

typedef struct {
  char text[160];
} cimage_fault;

/// What decoding gives: `[height, width, channels]`, 1 or 3 channels.
typedef struct {
  uint32_t width;
  uint32_t height;
  uint32_t channels;
  /// Bits of a sample once decoded: 8 or 16 (unsigned), 32 (float).
  uint32_t bits;
} cimage_header;

/// What a decoder may use beside the picture that its caller allocated.
typedef struct {
  uint32_t side;
  /// Of the picture, and half of those in its tiles, which may reach over its edges.
  uint64_t pixels;
  /// Bytes in one allocation by libtiff.
  uint64_t allocation;
  /// Scans of a progressive JPEG.
  uint32_t scans;
  /// Samples for each pixel of a TIFF, those that are dropped included.
  uint32_t samples;
} cimage_limits;

/// Reads the header, and decodes no pixel. A side or an area of any size is reported as it is.
cimage_code cimage_png_probe(
    const uint8_t *bytes, size_t count, cimage_header *header, cimage_fault *fault);
cimage_code cimage_jpeg_probe(
    const uint8_t *bytes, size_t count, cimage_header *header, cimage_fault *fault);
/// `directory` is the offset of the page's directory.
cimage_code cimage_tiff_probe(
    const uint8_t *bytes, size_t count, uint64_t directory, const cimage_limits *limits,
    cimage_header *header, cimage_fault *fault);

/// Decodes the picture with the header that a probe reported into exactly `size` bytes.
///
/// Samples are in the machine's byte order. After an error they are undefined.
cimage_code cimage_png_decode(
    const uint8_t *bytes, size_t count, const cimage_limits *limits, const cimage_header *header,
    void *samples, size_t size, cimage_fault *fault);
cimage_code cimage_jpeg_decode(
    const uint8_t *bytes, size_t count, const cimage_limits *limits, const cimage_header *header,
    void *samples, size_t size, cimage_fault *fault);
cimage_code cimage_tiff_decode(
    const uint8_t *bytes, size_t count, uint64_t directory, const cimage_limits *limits,
    const cimage_header *header, void *samples, size_t size, cimage_fault *fault);

/// Encodes 8- or 16-bit samples as a PNG; `length` receives its bytes.
///
/// An error if it takes more than `capacity`.
cimage_code cimage_png_encode(
    const cimage_header *header, const void *samples, uint8_t *bytes, size_t capacity,
    size_t *length, cimage_fault *fault);
