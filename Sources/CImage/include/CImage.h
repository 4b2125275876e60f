/// Decodes and encodes pictures in memory with libpng, libjpeg, libtiff, libwebp, giflib
/// and OpenJPEG.
///
/// No jump leaves these functions and nothing is printed. Every function returns a code; unless it
/// is `CIMAGE_OK`, the fault holds one zero-terminated line with the reason.
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef enum {
  CIMAGE_OK,
  /// The bytes contradict their format or each other.
  CIMAGE_DAMAGED,
  /// The bytes end too early, or refer to offsets after their end.
  CIMAGE_TRUNCATED,
  /// A kind of picture that is not decoded here.
  CIMAGE_UNSUPPORTED,
  CIMAGE_NO_MEMORY,
} cimage_code;

typedef struct {
  char text[160];
} cimage_fault;

/// The meaning of a pixel's decoded samples.
typedef enum {
  CIMAGE_GREY,
  /// Red, green and blue.
  CIMAGE_COLOUR,
  /// Two or more measurements that are no colours.
  CIMAGE_CHANNELS,
} cimage_kind;

/// The numbers that a file stores.
typedef enum { CIMAGE_UNSIGNED, CIMAGE_SIGNED, CIMAGE_FLOAT } cimage_number;

/// What was found beside the pixels.
typedef enum {
  /// Samples of alpha, which are dropped.
  CIMAGE_ALPHA = 1 << 0,
  /// Inks, which become colours.
  CIMAGE_INKS = 1 << 1,
  /// Frames after the first.
  CIMAGE_MORE_FRAMES = 1 << 2,
  /// A wrong checksum of what is not read.
  CIMAGE_WRONG_CHECKSUM = 1 << 3,
  CIMAGE_JUNK_BEFORE_END = 1 << 4,
  CIMAGE_NO_END = 1 << 5,
  CIMAGE_JUNK_AFTER_END = 1 << 6,
} cimage_notice;

/// The result of decoding, `[height, width, channels]`, and what the file says of it.
typedef struct {
  uint32_t width;
  uint32_t height;
  uint32_t channels;
  /// Bits of a decoded sample: 8 or 16 (unsigned), 32 or 64 (float).
  uint32_t bits;
  cimage_kind kind;
  cimage_number number;
  /// Bits of a sample in the file.
  uint32_t stored_bits;
  /// The orientation tag, 1 to 8; 0 without one.
  uint32_t orientation;
  /// Metres; 0 where the file has none.
  double pixel_width;
  double pixel_height;
  /// A set of what was found beside the pixels, one bit each.
  uint32_t notices;
} cimage_header;

/// The resources that a decoder may use beside the picture that its caller allocated.
typedef struct {
  uint32_t side;
  /// Pixels of the picture, and half of those in its tiles, which may extend over its edges.
  uint64_t pixels;
  /// Bytes in one allocation by libtiff.
  uint64_t allocation;
  /// Scans of a progressive JPEG.
  uint32_t scans;
  /// Samples per pixel of a TIFF, including those that are dropped.
  uint32_t samples;
  /// Whether a palette's indices are the samples of a grey picture, and not its colours; of PNG and
  /// TIFF.
  uint32_t keeps_indices;
} cimage_limits;

/// Where a page of a TIFF lies.
typedef struct {
  /// The offset of its directory.
  uint64_t directory;
  /// Its number among the planes that follow one another, without compression, behind that
  /// directory.
  uint64_t plane;
} cimage_tiff_page;

/// What the notices of a TIFF's header say.
enum {
  CIMAGE_TIFF_WHITE_IS_ZERO = 1 << 0,
  /// The entries of a colour map are of 8 bits.
  CIMAGE_TIFF_EIGHT_BIT_MAP = 1 << 1,
  CIMAGE_TIFF_ALPHA_DROPPED = 1 << 2,
  CIMAGE_TIFF_ALPHA_DIVIDED = 1 << 3,
  /// A sample beside the colours that has no meaning.
  CIMAGE_TIFF_EXTRA_DROPPED = 1 << 4,
  /// The tag says RGB, for fewer or more samples than three.
  CIMAGE_TIFF_NO_COLOURS = 1 << 5,
  CIMAGE_TIFF_NO_PHOTOMETRIC = 1 << 6,
  CIMAGE_TIFF_YCBCR_IN_RGB = 1 << 7,
  CIMAGE_TIFF_RGB_IN_YCBCR = 1 << 8,
  CIMAGE_TIFF_INKS = 1 << 9,
  CIMAGE_TIFF_LAB = 1 << 10,
  /// Samples of 9 to 15 bits are stored in 16 each.
  CIMAGE_TIFF_UNPACKED = 1 << 11,
};

/// Reads the header, and decodes no pixel. A side or an area of any size is reported unchanged.
typedef cimage_code cimage_probe(
    const uint8_t *bytes, size_t count, const cimage_limits *limits, cimage_header *header,
    cimage_fault *fault);

cimage_probe cimage_png_probe, cimage_jpeg_probe, cimage_webp_probe, cimage_gif_probe;

cimage_code cimage_tiff_probe(
    const uint8_t *bytes, size_t count, cimage_tiff_page page, const cimage_limits *limits,
    cimage_header *header, cimage_fault *fault);

/// Decodes the picture with the header that a probe reported into exactly `size` bytes.
///
/// Samples are in native byte order. After an error they are undefined. `found` receives the header
/// again, with the notices of decoding.
typedef cimage_code cimage_decode(
    const uint8_t *bytes, size_t count, const cimage_limits *limits, const cimage_header *header,
    void *samples, size_t size, cimage_header *found, cimage_fault *fault);

cimage_decode cimage_png_decode, cimage_jpeg_decode, cimage_webp_decode, cimage_gif_decode;

/// The same for a PNG whose bytes end behind its pixels; a closing chunk is taken to follow.
cimage_decode cimage_png_decode_pixels;

/// The same for some components of a JPEG 2000 file, those whose bits are set in `chosen`, in their
/// order; `header` is not probed but made from the file's boxes and markers, with as many channels.
///
/// When `is_ycc`, components 0 to 2 are luminance and chrominance, and become colours.
cimage_code cimage_jpeg2000_decode(
    const uint8_t *bytes, size_t count, uint64_t chosen, int is_ycc, const cimage_limits *limits,
    const cimage_header *header, void *samples, size_t size, cimage_header *found,
    cimage_fault *fault);

/// Only the chosen channels are decoded, in the order given; of colours, all three.
cimage_code cimage_tiff_decode(
    const uint8_t *bytes, size_t count, cimage_tiff_page page, const uint8_t *channels,
    size_t channel_count, const cimage_limits *limits, const cimage_header *header, void *samples,
    size_t size, cimage_fault *fault);

/// The colours of a PNG's indices, and a text that goes with them.
typedef struct {
  /// Red, green and blue of all 256, which are opaque but for the first.
  const uint8_t *colours;
  /// UTF-8, ended by a zero.
  const char *text;
} cimage_palette;

/// Encodes 8- or 16-bit samples as a PNG, or 8-bit indices with a palette; `length` receives the
/// number of bytes.
///
/// More than `capacity` bytes are an error.
cimage_code cimage_png_encode(
    const cimage_header *header, const void *samples, const cimage_palette *palette,
    uint8_t *bytes, size_t capacity, size_t *length, cimage_fault *fault);
