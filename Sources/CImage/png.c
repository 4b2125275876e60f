#include <png.h>
#include <setjmp.h>
#include <string.h>

#include "png_outcome.h"

/// The state of one decoding: libpng's structures, and the bytes they read.
typedef struct {
  png_outcome outcome;
  const uint8_t *bytes;
  size_t count;
  size_t position;
  /// The offset at which reading stops for now, at most `count`.
  size_t end;
  /// Whether `closing` follows the bytes.
  int is_closed;
  /// Whether the samples are a palette's indices.
  int keeps_indices;
  png_structp png;
  png_infop info;
} source;

/// The chunk that ends a PNG.
static const uint8_t closing[12] = {0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xAE, 0x42, 0x60, 0x82};

/// Lets pass what leaves the pixels whole: a chunk that is skipped in any case has a wrong checksum,
/// a palette stands in a grey picture, data follow the end of the compressed ones.
///
/// Data for more pixels than the header promises are an error, for the header may be what is wrong.
static void consider(png_structp png, png_const_charp message) {
  png_outcome *outcome = png_get_error_ptr(png);
  if (strstr(message, "CRC error") != NULL)
    outcome->notices |= CIMAGE_WRONG_CHECKSUM;
  else if (strstr(message, "Extra compressed data") != NULL)
    outcome->notices |= CIMAGE_JUNK_BEFORE_END;
  else if (strstr(message, "ignored in grayscale PNG") == NULL)
    png_error(png, message);
}

static cimage_code begin(source *from, const uint8_t *bytes, size_t count, cimage_fault *fault) {
  *from = (source){{CIMAGE_DAMAGED, fault, 0}, bytes, count, 0, count, 0, 0, NULL, NULL};
  from->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &from->outcome, fail, consider);
  if (from->png != NULL) from->info = png_create_info_struct(from->png);
  if (from->info == NULL) return refuse(fault, CIMAGE_NO_MEMORY, "no memory for libpng");
  return CIMAGE_OK;
}

static void end(source *from) { png_destroy_read_struct(&from->png, &from->info, NULL); }

static void read_bytes(png_structp png, png_bytep into, size_t wanted) {
  source *from = png_get_io_ptr(png);
  if (from->is_closed && from->position >= from->count
      && wanted <= sizeof closing - (from->position - from->count)) {
    memcpy(into, closing + (from->position - from->count), wanted);
    from->position += wanted;
    return;
  }
  if (from->position > from->count || wanted > from->count - from->position) {
    from->outcome.code = CIMAGE_TRUNCATED;
    png_error(png, "the file ends before its last chunk");
  }
  if (wanted > from->end - from->position) png_error(png, "more data than the pixels need");
  memcpy(into, from->bytes + from->position, wanted);
  from->position += wanted;
}

/// Reads up to the first pixel. Ancillary chunks are skipped: samples stay as they are stored, and
/// no such chunk costs memory.
static void read_header(source *from, cimage_header *header) {
  png_structp png = from->png;
  png_set_read_fn(png, from, read_bytes);
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_set_chunk_cache_max(png, 1);
  png_set_chunk_malloc_max(png, from->count);
  png_set_crc_action(png, PNG_CRC_ERROR_QUIT, PNG_CRC_WARN_DISCARD);
  png_set_benign_errors(png, 1);
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, (png_const_bytep) "tRNS", 1);
  png_read_info(png, from->info);
  *header = (cimage_header){0};
  header->width = png_get_image_width(png, from->info);
  header->height = png_get_image_height(png, from->info);
  int type = png_get_color_type(png, from->info);
  from->keeps_indices = from->keeps_indices && type == PNG_COLOR_TYPE_PALETTE;
  int is_grey = (type & ~PNG_COLOR_MASK_ALPHA) == PNG_COLOR_TYPE_GRAY || from->keeps_indices;
  header->channels = is_grey ? 1 : 3;
  header->kind = header->channels == 1 ? CIMAGE_GREY : CIMAGE_COLOUR;
  header->stored_bits = png_get_bit_depth(png, from->info);
  if (type & PNG_COLOR_MASK_ALPHA) header->notices = CIMAGE_ALPHA;
  header->bits = header->stored_bits == 16 ? 16 : 8;
  // Indices are unpacked, not widened.
  if (from->keeps_indices) header->stored_bits = 8;
}

static cimage_code probe(source *from, cimage_header *header) {
  if (setjmp(png_jmpbuf(from->png)) != 0) return from->outcome.code;
  read_header(from, header);
  return CIMAGE_OK;
}

cimage_code cimage_png_probe(
    const uint8_t *bytes, size_t count, const cimage_limits *limits, cimage_header *header,
    cimage_fault *fault) {
  source from;
  cimage_code code = begin(&from, bytes, count, fault);
  from.keeps_indices = limits->keeps_indices != 0;
  if (code == CIMAGE_OK) code = probe(&from, header);
  end(&from);
  return code;
}

/// Lets the next row read the bytes that it may need: its data, badly compressed, what libpng reads
/// at once, and the framing of a few chunks.
///
/// Otherwise libpng would decompress all that follows the last row, only to report that there was
/// more.
static void allow_row(source *from, size_t row_size) {
  size_t left = from->position < from->count ? from->count - from->position : 0;
  size_t allowance = 4 * row_size + PNG_ZBUF_SIZE + 64;
  from->end = from->position + (left < allowance ? left : allowance);
}

/// Decodes every row, including all passes of an interlaced picture, and reads on to the end.
static cimage_code read_rows(source *from, const cimage_header *found, uint8_t *samples) {
  png_structp png = from->png;
  size_t row_size = (size_t)found->width * found->channels * (found->bits / 8);
  if (from->keeps_indices) {
    png_set_packing(png);
  } else {
    png_set_expand(png);
    png_set_strip_alpha(png);
  }
  if (found->bits == 16 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) png_set_swap(png);
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, from->info);
  if (png_get_rowbytes(png, from->info) != row_size)
    return refuse(from->outcome.fault, CIMAGE_UNSUPPORTED, "an unexpected kind of pixel");
  for (int pass = 0; pass < passes; pass++)
    for (uint32_t y = 0; y < found->height; y++) {
      allow_row(from, row_size);
      png_read_row(png, samples + y * row_size, NULL);
    }
  from->end = from->count;
  png_read_end(png, NULL);
  return CIMAGE_OK;
}

static cimage_code decode(
    source *from, const cimage_limits *limits, const cimage_header *header, void *samples,
    size_t size, cimage_header *found) {
  if (setjmp(png_jmpbuf(from->png)) != 0) return from->outcome.code;
  read_header(from, found);
  png_set_user_limits(from->png, limits->side, limits->side);
  cimage_code code = check_promise(found, header, limits, size, from->outcome.fault);
  return code == CIMAGE_OK ? read_rows(from, found, samples) : code;
}

static cimage_code decode_bytes(
    const uint8_t *bytes, size_t count, int is_closed, const cimage_limits *limits,
    const cimage_header *header, void *samples, size_t size, cimage_header *found,
    cimage_fault *fault) {
  source from;
  cimage_code code = begin(&from, bytes, count, fault);
  from.is_closed = is_closed;
  from.keeps_indices = limits->keeps_indices != 0;
  if (code == CIMAGE_OK) code = decode(&from, limits, header, samples, size, found);
  found->notices |= from.outcome.notices;
  end(&from);
  return code;
}

cimage_code cimage_png_decode(
    const uint8_t *bytes, size_t count, const cimage_limits *limits, const cimage_header *header,
    void *samples, size_t size, cimage_header *found, cimage_fault *fault) {
  return decode_bytes(bytes, count, 0, limits, header, samples, size, found, fault);
}

cimage_code cimage_png_decode_pixels(
    const uint8_t *bytes, size_t count, const cimage_limits *limits, const cimage_header *header,
    void *samples, size_t size, cimage_header *found, cimage_fault *fault) {
  return decode_bytes(bytes, count, 1, limits, header, samples, size, found, fault);
}
