#include <png.h>
#include <setjmp.h>
#include <string.h>
#include <zlib.h>

#include "png_outcome.h"

typedef struct {
  png_outcome outcome;
  uint8_t *bytes;
  size_t capacity;
  size_t length;
} sink;

static void write_bytes(png_structp png, png_bytep from, size_t count) {
  sink *into = png_get_io_ptr(png);
  if (count > into->capacity - into->length) png_error(png, "the PNG outgrows its buffer");
  memcpy(into->bytes + into->length, from, count);
  into->length += count;
}

static void ignore(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static void flush(png_structp png) { (void)png; }

/// Announces colours: runs of one class are long, so nothing is filtered and zlib looks for them.
static void write_palette(png_structp png, png_infop info, const cimage_palette *palette) {
  png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_NONE);
  png_color colours[256];
  for (size_t index = 0; index < 256; index++)
    colours[index] = (png_color){
        palette->colours[3 * index], palette->colours[3 * index + 1],
        palette->colours[3 * index + 2]};
  png_set_PLTE(png, info, colours, 256);
  png_byte transparent = 0;
  png_set_tRNS(png, info, &transparent, 1, NULL);
  png_text text = {
      .compression = PNG_ITXT_COMPRESSION_NONE, .key = "Description",
      .text = (char *)palette->text, .lang = "", .lang_key = ""};
  png_set_text(png, info, &text, 1);
}

/// Writes with one filter, and of zlib only runs and Huffman codes: that suits the differences of
/// smooth pictures, noise cannot be compressed further, and both take the same time.
static void write_picture(
    png_structp png, png_infop info, const cimage_header *header, const uint8_t *samples,
    const cimage_palette *palette) {
  size_t row_size = (size_t)header->width * header->channels * (header->bits / 8);
  png_set_compression_buffer_size(png, 1 << 16);
  int grey = palette != NULL ? PNG_COLOR_TYPE_PALETTE : PNG_COLOR_TYPE_GRAY;
  png_set_IHDR(
      png, info, header->width, header->height, (int)header->bits,
      header->channels == 1 ? grey : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
      PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (palette != NULL) {
    write_palette(png, info, palette);
  } else {
    png_set_compression_strategy(png, Z_RLE);
    png_set_filter(png, PNG_FILTER_TYPE_BASE, PNG_FILTER_SUB);
  }
  png_write_info(png, info);
  if (header->bits == 16 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__) png_set_swap(png);
  for (uint32_t y = 0; y < header->height; y++) png_write_row(png, samples + y * row_size);
  png_write_end(png, info);
}

static cimage_code encode(
    sink *into, png_structp png, png_infop info, const cimage_header *header,
    const void *samples, const cimage_palette *palette) {
  if (setjmp(png_jmpbuf(png)) != 0) return into->outcome.code;
  png_set_write_fn(png, into, write_bytes, flush);
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  write_picture(png, info, header, samples, palette);
  return CIMAGE_OK;
}

cimage_code cimage_png_encode(
    const cimage_header *header, const void *samples, const cimage_palette *palette,
    uint8_t *bytes, size_t capacity, size_t *length, cimage_fault *fault) {
  sink into = {{CIMAGE_DAMAGED, fault, 0}, bytes, capacity, 0};
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &into.outcome, fail, ignore);
  png_infop info = png == NULL ? NULL : png_create_info_struct(png);
  cimage_code code = info == NULL ? refuse(fault, CIMAGE_NO_MEMORY, "no memory for libpng")
                                  : encode(&into, png, info, header, samples, palette);
  png_destroy_write_struct(&png, &info);
  *length = into.length;
  return code;
}
