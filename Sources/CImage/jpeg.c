#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <jerror.h>

#include "fault.h"

/// The state of one decompression, which begins with libjpeg's structure, so that its callbacks
/// find it.
///
/// It is read after a jump, so it lives in the caller of the function that is jumped to.
typedef struct {
  struct jpeg_decompress_struct info;
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  jmp_buf escape;
  uint32_t scans;
  /// Whether the header has been read, so that data follow.
  int has_begun;
  /// Whether every row has been decoded: what fails afterwards leaves the pixels whole.
  int is_whole;
  /// A set of `cimage_notice`.
  uint32_t notices;
  cimage_code code;
  cimage_fault *fault;
  /// A row before its conversion; NULL if there is none.
  uint8_t *inks;
} session;

static cimage_code code_of(int message) {
  switch (message) {
    case JWRN_JPEG_EOF:
    case JERR_INPUT_EMPTY:
    case JERR_INPUT_EOF:
      return CIMAGE_TRUNCATED;
    case JERR_ARITH_NOTIMPL:
    case JERR_BAD_PRECISION:
    case JERR_CCIR601_NOTIMPL:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_EMPTY_IMAGE:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_IMAGE_TOO_BIG:
    case JERR_NOTIMPL:
    case JERR_NOT_COMPILED:
    case JERR_SOF_UNSUPPORTED:
      return CIMAGE_UNSUPPORTED;
    case JERR_OUT_OF_MEMORY:
      return CIMAGE_NO_MEMORY;
    default:
      return CIMAGE_DAMAGED;
  }
}

static void give_up(j_common_ptr info) {
  session *at = (session *)info;
  char text[JMSG_LENGTH_MAX];
  if (at->is_whole) {
    at->notices |= CIMAGE_JUNK_BEFORE_END;
    longjmp(at->escape, 1);
  }
  info->err->format_message(info, text);
  at->code = at->notices & CIMAGE_NO_END ? CIMAGE_TRUNCATED : code_of(info->err->msg_code);
  refuse(at->fault, at->code, "%s", text);
  longjmp(at->escape, 1);
}

/// Makes libjpeg's warnings about missing data, which it replaces, errors, but not those that leave
/// the pixels alone: versions, colour profiles, bytes before the end marker, and a missing one.
///
/// A Huffman decoder may read ahead over the file's end; it warns again when it needs what is not
/// there. An arithmetic decoder does not.
static void consider(j_common_ptr info, int level) {
  session *at = (session *)info;
  int message = info->err->msg_code;
  if (level >= 0 || message == JWRN_ADOBE_XFORM || message == JWRN_JFIF_MAJOR
      || message == JWRN_BOGUS_ICC)
    return;
  int is_end = info->err->msg_parm.i[1] == 0xD9;
  if (message == JWRN_JPEG_EOF && at->has_begun && (at->is_whole || !at->info.arith_code))
    at->notices |= CIMAGE_NO_END;
  else if (at->is_whole || (message == JWRN_EXTRANEOUS_DATA && is_end))
    at->notices |= CIMAGE_JUNK_BEFORE_END;
  else
    give_up(info);
}

static void print_nothing(j_common_ptr info) { (void)info; }

/// Counts scans: each of a progressive file costs time for the whole picture, even if it has only a
/// few bytes.
static void count_scans(j_common_ptr info) {
  session *at = (session *)info;
  if (at->info.input_scan_number <= (int)at->scans) return;
  at->code = refuse(at->fault, CIMAGE_DAMAGED, "more than %u scans", at->scans);
  longjmp(at->escape, 1);
}

static void begin(session *at, uint32_t scans, cimage_fault *fault) {
  memset(at, 0, sizeof *at);
  at->scans = scans;
  at->fault = fault;
  at->code = CIMAGE_DAMAGED;
  at->info.err = jpeg_std_error(&at->errors);
  at->errors.error_exit = give_up;
  at->errors.emit_message = consider;
  at->errors.output_message = print_nothing;
  at->progress.progress_monitor = count_scans;
}

static void end(session *at) {
  jpeg_destroy_decompress(&at->info);
  free(at->inks);
}

static cimage_code read_header(
    session *at, const uint8_t *bytes, size_t count, cimage_header *header) {
  jpeg_create_decompress(&at->info);
  at->info.progress = &at->progress;
  jpeg_mem_src(&at->info, bytes, count);
  jpeg_read_header(&at->info, TRUE);
  *header = (cimage_header){0};
  header->width = at->info.image_width;
  header->height = at->info.image_height;
  header->channels = at->info.num_components == 1 ? 1 : 3;
  header->kind = header->channels == 1 ? CIMAGE_GREY : CIMAGE_COLOUR;
  header->bits = header->stored_bits = 8;
  switch (at->info.num_components) {
    case 1:
      at->info.out_color_space = JCS_GRAYSCALE;
      return CIMAGE_OK;
    case 3:
      at->info.out_color_space = JCS_RGB;
      return CIMAGE_OK;
    case 4:
      at->info.out_color_space = JCS_CMYK;
      header->notices = CIMAGE_INKS;
      return CIMAGE_OK;
    default:
      return refuse(
          at->fault, CIMAGE_UNSUPPORTED, "%d components", at->info.num_components);
  }
}

static cimage_code probe(
    session *at, const uint8_t *bytes, size_t count, cimage_header *header) {
  if (setjmp(at->escape) == 0) return read_header(at, bytes, count, header);
  // Sides too long for libjpeg are for the caller's limits to refuse.
  if (at->errors.msg_code != JERR_IMAGE_TOO_BIG) return at->code;
  *header = (cimage_header){
      .width = at->info.image_width, .height = at->info.image_height, .channels = 3, .bits = 8};
  return CIMAGE_OK;
}

cimage_code cimage_jpeg_probe(
    const uint8_t *bytes, size_t count, const cimage_limits *limits, cimage_header *header,
    cimage_fault *fault) {
  (void)limits;
  session at;
  begin(&at, 1, fault);
  cimage_code code = probe(&at, bytes, count, header);
  end(&at);
  return code;
}

/// a · b / 255, rounded. Source: Pillow's `MULDIV255`.
static inline uint8_t scaled(uint32_t a, uint32_t b) {
  uint32_t product = a * b + 128;
  return (uint8_t)(((product >> 8) + product) >> 8);
}

/// Source: Pillow's `cmyk2rgb`, on inks that Adobe's programs store as 255 − ink.
static void convert_inks(const uint8_t *inks, uint8_t *rgb, uint32_t width) {
  for (uint32_t x = 0; x < width; x++, inks += 4, rgb += 3)
    for (int channel = 0; channel < 3; channel++) {
      int value = inks[3] - scaled(255 - inks[channel], inks[3]);
      rgb[channel] = value < 0 ? 0 : (uint8_t)value;
    }
}

/// Whether a file of several scans that lacks its end marker may end: every component has had a
/// scan, and a progressive file every bit of every coefficient.
static int is_complete(const struct jpeg_decompress_struct *info) {
  for (int index = 0; index < info->num_components; index++) {
    if (info->comp_info[index].quant_table == NULL) return 0;
    for (int k = 0; info->coef_bits != NULL && k < DCTSIZE2; k++)
      if (info->coef_bits[index][k] != 0) return 0;
  }
  return 1;
}

/// Decodes every row; what stands behind them is passed over.
static cimage_code read_rows(session *at, const cimage_header *found, uint8_t *samples) {
  size_t row_size = (size_t)found->width * found->channels;
  at->has_begun = 1;
  jpeg_start_decompress(&at->info);
  if (at->notices & CIMAGE_NO_END && !is_complete(&at->info))
    return refuse(at->fault, CIMAGE_TRUNCATED, "the file ends before its last scan");
  for (uint32_t y = 0; y < found->height; y++) {
    JSAMPROW row = at->inks == NULL ? samples + y * row_size : at->inks;
    jpeg_read_scanlines(&at->info, &row, 1);
    if (at->inks != NULL) convert_inks(at->inks, samples + y * row_size, found->width);
  }
  at->is_whole = 1;
  jpeg_finish_decompress(&at->info);
  if (at->info.src->bytes_in_buffer > 0 && !(at->notices & CIMAGE_NO_END))
    at->notices |= CIMAGE_JUNK_AFTER_END;
  return CIMAGE_OK;
}

static cimage_code decode(
    session *at, const uint8_t *bytes, size_t count, const cimage_limits *limits,
    const cimage_header *header, void *samples, size_t size, cimage_header *found) {
  if (setjmp(at->escape) != 0) return at->is_whole ? CIMAGE_OK : at->code;
  cimage_code code = read_header(at, bytes, count, found);
  if (code == CIMAGE_OK) code = check_promise(found, header, limits, size, at->fault);
  if (code != CIMAGE_OK) return code;
  if (at->info.num_components == 4) {
    at->inks = malloc((size_t)found->width * 4);
    if (at->inks == NULL) return refuse(at->fault, CIMAGE_NO_MEMORY, "no memory for a row");
  }
  return read_rows(at, found, samples);
}

cimage_code cimage_jpeg_decode(
    const uint8_t *bytes, size_t count, const cimage_limits *limits, const cimage_header *header,
    void *samples, size_t size, cimage_header *found, cimage_fault *fault) {
  session at;
  begin(&at, limits->scans, fault);
  cimage_code code = decode(&at, bytes, count, limits, header, samples, size, found);
  found->notices |= at.notices;
  end(&at);
  return code;
}
