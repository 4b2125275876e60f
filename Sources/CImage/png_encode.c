#include <png.h>
#include <setjmp.h>
#include <string.h>
#include <zlib.h>

#include "fault.h"

typedef struct {
  uint8_t *bytes;
  size_t capacity;
  size_t length;
  cimage_fault *fault;
} sink;

static void fail(png_structp png, png_const_charp message) {
  sink *into = png_get_error_ptr(png);
  refuse(into->fault, CIMAGE_DAMAGED, "%s", message);
  png_longjmp(png, 1);
}

static void ignore(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static void write_bytes(png_structp png, png_bytep from, size_t count) {
  sink *into = png_get_io_ptr(png);
  if (count > into->capacity - into->length) png_error(png, "the PNG outgrows its buffer");
  memcpy(into->bytes + into->length, from, count);
  into->length += count;
}

static void flush(png_structp png) { (void)png; }

/// One filter, and of zlib only runs and Huffman codes: smooth pictures leave such differences, in
/// noise there is no more to find, and the time is the same for both.
static void write_picture(
    png_structp png, png_infop info, const cimage_header *header, const uint8_t *samples) {
  size_t row_size = (size_t)header->width * header->channels * (header->bits / 8);
  png_set_compression_strategy(png, Z_RLE);
  png_set_compression_buffer_size(png, 1 << 16);
  png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_SUB);
  png_set_IHDR(
      png, info, header->width, header->height, (int)header->bits,
      header->channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
      PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_write_info(png, info);
  if (header->bits == 16 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) png_set_swap(png);
  for (uint32_t y = 0; y < header->height; y++) png_write_row(png, samples + y * row_size);
  png_write_end(png, info);
}

cimage_code cimage_png_encode(
    const cimage_header *header, const void *samples, uint8_t *bytes, size_t capacity,
    size_t *length, cimage_fault *fault) {
  sink into = {bytes, capacity, 0, fault};
  png_infop volatile info = NULL;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &into, fail, ignore);
  if (png == NULL) return refuse(fault, CIMAGE_NO_MEMORY, "no memory for libpng");
  volatile cimage_code code = CIMAGE_NO_MEMORY;
  if (setjmp(png_jmpbuf(png)) == 0) {
    info = png_create_info_struct(png);
    if (info != NULL) {
      png_set_write_fn(png, &into, write_bytes, flush);
      png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
      write_picture(png, info, header, samples);
      code = CIMAGE_OK;
    }
  } else {
    code = CIMAGE_DAMAGED;
  }
  png_infop made = info;
  png_destroy_write_struct(&png, &made);
  *length = into.length;
  return code;
}
