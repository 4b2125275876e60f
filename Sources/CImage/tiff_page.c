#include <string.h>

#include "tiff_page.h"

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

static int note_error(
    TIFF *tiff, void *data, const char *module, const char *format, va_list arguments) {
  (void)tiff;
  (void)module;
  note_list(((tiff_source *)data)->fault, format, arguments);
  return 1;
}

/// Handles libtiff's warnings, most of them harmless; the libjpeg inside it warns when it replaces
/// pixels.
static int note_warning(
    TIFF *tiff, void *data, const char *module, const char *format, va_list arguments) {
  (void)tiff;
  tiff_source *from = data;
  if (module != NULL && strcmp(module, "JPEGLib") == 0) {
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

static const char *name_of_kind(uint16_t photometric) {
  switch (photometric) {
    case PHOTOMETRIC_MASK: return "a transparency mask";
    case PHOTOMETRIC_SEPARATED: return "inks (CMYK)";
    case PHOTOMETRIC_YCBCR: return "YCbCr colours without JPEG";
    case PHOTOMETRIC_CIELAB:
    case PHOTOMETRIC_ICCLAB:
    case PHOTOMETRIC_ITULAB: return "L*a*b* colours";
    case PHOTOMETRIC_CFA: return "a sensor's colour filter array";
    case PHOTOMETRIC_LOGL:
    case PHOTOMETRIC_LOGLUV: return "logarithmic luminance";
    default: return NULL;
  }
}

static cimage_code check_compression(TIFF *tiff, cimage_fault *fault) {
  uint16_t compression = COMPRESSION_NONE;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &compression);
  switch (compression) {
    case COMPRESSION_NONE:
    case COMPRESSION_LZW:
    case COMPRESSION_ADOBE_DEFLATE:
    case COMPRESSION_DEFLATE:
    case COMPRESSION_PACKBITS:
    case COMPRESSION_JPEG:
    case COMPRESSION_ZSTD:
      if (TIFFIsCODECConfigured(compression)) return CIMAGE_OK;
  }
  const TIFFCodec *codec = TIFFFindCODEC(compression);
  return refuse(
      fault, CIMAGE_UNSUPPORTED, "compression %u (%s)", compression,
      codec == NULL ? "unknown" : codec->name);
}

/// Sets the stored and the decoded depth.
static cimage_code describe_depth(TIFF *tiff, tiff_page *page, cimage_fault *fault) {
  uint16_t format = SAMPLEFORMAT_UINT;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &page->bits);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &format);
  int is_palette = page->photometric == PHOTOMETRIC_PALETTE;
  int is_grey =
      page->photometric == PHOTOMETRIC_MINISBLACK || page->photometric == PHOTOMETRIC_MINISWHITE;
  switch (format) {
    case SAMPLEFORMAT_UINT:
    case SAMPLEFORMAT_VOID:
      page->header.bits = page->bits == 16 ? 16 : 8;
      if (page->bits == 8 || (page->bits == 16 && !is_palette)) return CIMAGE_OK;
      if ((page->bits == 1 || page->bits == 2 || page->bits == 4) && (is_palette || is_grey))
        return CIMAGE_OK;
      return refuse(fault, CIMAGE_UNSUPPORTED, "unsigned samples of %u bits", page->bits);
    case SAMPLEFORMAT_IEEEFP:
      page->header.bits = 32;
      if (page->bits != 32)
        return refuse(fault, CIMAGE_UNSUPPORTED, "floating-point samples of %u bits", page->bits);
      if (page->photometric == PHOTOMETRIC_MINISWHITE || is_palette)
        return refuse(fault, CIMAGE_UNSUPPORTED, "floating-point samples of this photometric kind");
      return CIMAGE_OK;
    case SAMPLEFORMAT_INT:
      return refuse(fault, CIMAGE_UNSUPPORTED, "signed samples of %u bits", page->bits);
    default:
      return refuse(fault, CIMAGE_UNSUPPORTED, "samples of format %u", format);
  }
}

/// libjpeg converts, and libtiff then counts three whole samples per pixel.
static cimage_code describe_ycbcr(
    TIFF *tiff, uint16_t samples, uint16_t planar, cimage_fault *fault) {
  uint16_t compression = COMPRESSION_NONE;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &compression);
  if (compression != COMPRESSION_JPEG || planar != PLANARCONFIG_CONTIG || samples != 3)
    return refuse(fault, CIMAGE_UNSUPPORTED, "%s", name_of_kind(PHOTOMETRIC_YCBCR));
  TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
  return CIMAGE_OK;
}

/// Sets the channels, or refuses kinds that are not decoded.
static cimage_code describe_kind(
    TIFF *tiff, uint16_t samples, uint16_t planar, tiff_page *page, cimage_fault *fault) {
  page->header.channels = 3;
  switch (page->photometric) {
    case PHOTOMETRIC_MINISWHITE:
    case PHOTOMETRIC_MINISBLACK:
      page->header.channels = 1;
      return CIMAGE_OK;
    case PHOTOMETRIC_PALETTE:
      if (TIFFGetField(tiff, TIFFTAG_COLORMAP, &page->map[0], &page->map[1], &page->map[2]))
        return CIMAGE_OK;
      return refuse(fault, CIMAGE_DAMAGED, "a palette picture without a palette");
    case PHOTOMETRIC_YCBCR:
      return describe_ycbcr(tiff, samples, planar, fault);
    case PHOTOMETRIC_RGB:
      return CIMAGE_OK;
  }
  const char *name = name_of_kind(page->photometric);
  if (name != NULL) return refuse(fault, CIMAGE_UNSUPPORTED, "%s", name);
  return refuse(fault, CIMAGE_UNSUPPORTED, "photometric kind %u", page->photometric);
}

/// Sets how many samples a pixel has and which planes hold them.
static cimage_code describe_samples(
    TIFF *tiff, const cimage_limits *limits, tiff_page *page, cimage_fault *fault) {
  uint16_t samples = 1, planar = PLANARCONFIG_CONTIG;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &samples);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &planar);
  if (!TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &page->photometric))
    page->photometric = samples < 3 ? PHOTOMETRIC_MINISBLACK : PHOTOMETRIC_RGB;
  cimage_code code = describe_kind(tiff, samples, planar, page, fault);
  if (code != CIMAGE_OK) return code;
  uint16_t stored =
      page->photometric == PHOTOMETRIC_PALETTE ? 1 : (uint16_t)page->header.channels;
  if (samples < stored)
    return refuse(fault, CIMAGE_DAMAGED, "%u samples for each coloured pixel", samples);
  if (samples > limits->samples)
    return refuse(fault, CIMAGE_UNSUPPORTED, "%u samples for each pixel", samples);
  page->step = planar == PLANARCONFIG_CONTIG ? samples : 1;
  page->planes = planar == PLANARCONFIG_CONTIG ? 1 : stored;
  return CIMAGE_OK;
}

cimage_code tiff_describe(
    TIFF *tiff, const cimage_limits *limits, tiff_page *page, cimage_fault *fault) {
  uint32_t depth = 1;
  if (!TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &page->header.width)
      || !TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &page->header.height))
    return refuse(fault, CIMAGE_DAMAGED, "a page without a size");
  TIFFGetFieldDefaulted(tiff, TIFFTAG_IMAGEDEPTH, &depth);
  if (depth > 1) return refuse(fault, CIMAGE_UNSUPPORTED, "a volume of %u planes", depth);
  cimage_code code = check_compression(tiff, fault);
  if (code == CIMAGE_OK) code = describe_samples(tiff, limits, page, fault);
  if (code == CIMAGE_OK) code = describe_depth(tiff, page, fault);
  page->header.kind = page->header.channels == 1 ? CIMAGE_GREY : CIMAGE_COLOUR;
  page->header.number = page->header.bits == 32 ? CIMAGE_FLOAT : CIMAGE_UNSIGNED;
  page->header.stored_bits = page->bits;
  page->is_tiled = TIFFIsTiled(tiff);
  if (code == CIMAGE_OK && page->is_tiled
      && (!TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &page->tile_width)
          || !TIFFGetField(tiff, TIFFTAG_TILELENGTH, &page->tile_height)
          || page->tile_width == 0 || page->tile_height == 0))
    code = refuse(fault, CIMAGE_DAMAGED, "tiles without a size");
  return code;
}
