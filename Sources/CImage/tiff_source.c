#include <string.h>

#include "tiff_source.h"

static tmsize_t read_bytes(thandle_t handle, void *into, tmsize_t wanted) {
  tiff_source *from = handle;
  uint64_t left = from->position < from->count ? from->count - from->position : 0;
  if (wanted < 0) return 0;
  if ((uint64_t)wanted > left) {
    from->ran_out = 1;
    wanted = (tmsize_t)left;
  }
  memcpy(into, from->bytes + (from->position < from->count ? from->position : 0), (size_t)wanted);
  from->position += (uint64_t)wanted;
  return wanted;
}

static tmsize_t write_nothing(thandle_t handle, void *from, tmsize_t count) {
  (void)handle;
  (void)from;
  (void)count;
  return -1;
}

static toff_t seek(thandle_t handle, toff_t offset, int origin) {
  tiff_source *from = handle;
  uint64_t base = origin == SEEK_CUR ? from->position : origin == SEEK_END ? from->count : 0;
  if (__builtin_add_overflow(base, offset, &from->position)) from->position = UINT64_MAX;
  return from->position;
}

static int close_nothing(thandle_t handle) {
  (void)handle;
  return 0;
}

static toff_t size(thandle_t handle) { return ((tiff_source *)handle)->count; }

/// Whether a message is of a codec that continues with pixels of its own making: the fax codecs,
/// and the two that contain a libjpeg.
static int replaces_pixels(const char *module) {
  return module != NULL
      && (strncmp(module, "Fax", 3) == 0 || strcmp(module, "JPEGLib") == 0
          || strcmp(module, "LibJpeg") == 0);
}

static int note_error(
    TIFF *tiff, void *data, const char *module, const char *format, va_list arguments) {
  (void)tiff;
  tiff_source *from = data;
  if (strncmp(format, "Cannot handle different", 23) == 0) from->unsupported = 1;
  if (replaces_pixels(module)) from->made_up = 1;
  note_list(from->fault, format, arguments);
  return 1;
}

/// Handles libtiff's warnings, most of them harmless.
static int note_warning(
    TIFF *tiff, void *data, const char *module, const char *format, va_list arguments) {
  (void)tiff;
  tiff_source *from = data;
  if (replaces_pixels(module)) {
    from->made_up = 1;
    note_list(from->fault, format, arguments);
  }
  return 1;
}

TIFF *tiff_open_page(tiff_source *source, uint64_t directory, const cimage_limits *limits) {
  TIFFOpenOptions *options = TIFFOpenOptionsAlloc();
  if (options == NULL) return NULL;
  TIFFOpenOptionsSetErrorHandlerExtR(options, note_error, source);
  TIFFOpenOptionsSetWarningHandlerExtR(options, note_warning, source);
  TIFFOpenOptionsSetMaxSingleMemAlloc(options, (tmsize_t)limits->allocation);
  // r: read; h: the header only; m: read through the functions above, map nothing.
  TIFF *tiff = TIFFClientOpenExt(
      "picture", "rhm", source, read_bytes, write_nothing, seek, close_nothing, size, NULL, NULL,
      options);
  TIFFOpenOptionsFree(options);
  if (tiff != NULL && !TIFFSetSubDirectory(tiff, directory)) {
    TIFFClose(tiff);
    tiff = NULL;
  }
  return tiff;
}

cimage_code tiff_blame(const tiff_source *source) {
  cimage_code code = source->ran_out ? CIMAGE_TRUNCATED
      : source->unsupported          ? CIMAGE_UNSUPPORTED
                                     : CIMAGE_DAMAGED;
  return refuse(source->fault, code, "its directory or its data cannot be read");
}
