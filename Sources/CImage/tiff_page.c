#include "tiff_page.h"

/// Sets the numbers that are stored, and the decoded ones that hold them all.
static cimage_code describe_numbers(TIFF *tiff, tiff_page *page, cimage_fault *fault) {
  uint16_t format = SAMPLEFORMAT_UINT;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &page->bits);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &format);
  page->header.stored_bits = page->bits;
  int bits = page->bits, is_integer = (bits >= 1 && bits <= 32) || bits == 64;
  switch (format) {
    case SAMPLEFORMAT_UINT:
    case SAMPLEFORMAT_VOID:
      page->header.number = CIMAGE_UNSIGNED;
      page->header.bits = bits <= 8 ? 8 : bits <= 16 ? 16 : bits <= 24 ? 32 : 64;
      if (is_integer) return CIMAGE_OK;
      return refuse(fault, CIMAGE_UNSUPPORTED, "unsigned samples of %u bits", bits);
    case SAMPLEFORMAT_INT:
      page->header.number = CIMAGE_SIGNED;
      page->header.bits = bits <= 16 ? 32 : 64;
      if (is_integer) return CIMAGE_OK;
      return refuse(fault, CIMAGE_UNSUPPORTED, "signed samples of %u bits", bits);
    case SAMPLEFORMAT_IEEEFP:
      page->header.number = CIMAGE_FLOAT;
      page->header.bits = bits <= 32 ? 32 : 64;
      if (bits == 16 || bits == 24 || bits == 32 || bits == 64) return CIMAGE_OK;
      return refuse(fault, CIMAGE_UNSUPPORTED, "floating-point samples of %u bits", bits);
    case SAMPLEFORMAT_COMPLEXINT:
    case SAMPLEFORMAT_COMPLEXIEEEFP:
      return refuse(fault, CIMAGE_UNSUPPORTED, "complex numbers; save their magnitude");
    default:
      return refuse(fault, CIMAGE_UNSUPPORTED, "samples of format %u", format);
  }
}

/// Refuses numbers that a conversion is not defined for.
static cimage_code check_conversion(const tiff_page *page, cimage_fault *fault) {
  int bits = page->bits, is_unsigned = page->header.number == CIMAGE_UNSIGNED;
  int is_sound;
  switch (page->conversion) {
    case TIFF_PLAIN:
      // What an alpha of signed numbers means is not defined.
      is_sound = page->key < 0
          || (page->header.number != CIMAGE_SIGNED
              && page->photometric != PHOTOMETRIC_MINISWHITE);
      break;
    case TIFF_PALETTE:
    case TIFF_INKS: is_sound = is_unsigned && bits <= 16; break;
    case TIFF_CIELAB:
    case TIFF_ICCLAB:
    case TIFF_ITULAB: is_sound = is_unsigned && (bits == 8 || bits == 16); break;
    default: is_sound = is_unsigned && bits == 8;
  }
  if (is_sound) return CIMAGE_OK;
  return refuse(
      fault, CIMAGE_UNSUPPORTED, "%s samples of %d bits of this photometric kind (%u)",
      page->header.number == CIMAGE_FLOAT ? "floating-point" : is_unsigned ? "unsigned" : "signed",
      bits, page->photometric);
}

/// Refuses predictors that libtiff does not undo.
static cimage_code check_predictor(TIFF *tiff, const tiff_page *page, cimage_fault *fault) {
  uint16_t predictor = 1;
  if (!TIFFGetField(tiff, TIFFTAG_PREDICTOR, &predictor) || predictor == 1) return CIMAGE_OK;
  int bits = page->bits, is_float = page->header.number == CIMAGE_FLOAT;
  int is_sound = page->conversion != TIFF_YCBCR_BLOCKS
      && (predictor == 2 ? bits == 8 || bits == 16 || bits == 32 || bits == 64
                         : predictor == 3 && is_float);
  if (is_sound) return CIMAGE_OK;
  return refuse(
      fault, CIMAGE_UNSUPPORTED, "predictor %u for samples of %d bits", predictor, bits);
}

/// Recognises samples of 9 to 15 bits that are not packed, against the standard.
static cimage_code find_unpacked(TIFF *tiff, tiff_page *page, cimage_fault *fault) {
  if (page->compression != COMPRESSION_NONE || page->bits <= 8 || page->bits >= 16
      || page->is_tiled)
    return CIMAGE_OK;
  uint32_t rows = 0;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_ROWSPERSTRIP, &rows);
  if (rows > page->header.height) rows = page->header.height;
  uint64_t row = (uint64_t)page->header.width * page->step * 2;
  if (TIFFGetStrileByteCount(tiff, 0) != row * rows
      || tiff_row_size(page, page->header.width) == row)
    return CIMAGE_OK;
  if (page->photometric == PHOTOMETRIC_MINISWHITE || page->conversion != TIFF_PLAIN)
    return refuse(fault, CIMAGE_UNSUPPORTED, "%u bits in 16, of this kind", page->bits);
  page->bits = 16;
  page->header.notices |= CIMAGE_TIFF_UNPACKED;
  return CIMAGE_OK;
}

static cimage_code describe_tiles(TIFF *tiff, tiff_page *page, cimage_fault *fault) {
  page->is_tiled = TIFFIsTiled(tiff);
  if (!page->is_tiled
      || (TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &page->tile_width)
          && TIFFGetField(tiff, TIFFTAG_TILELENGTH, &page->tile_height)
          && page->tile_width > 0 && page->tile_height > 0))
    return CIMAGE_OK;
  return refuse(fault, CIMAGE_DAMAGED, "tiles without a size");
}

static cimage_code describe_size(TIFF *tiff, tiff_page *page, cimage_fault *fault) {
  uint32_t depth = 1;
  uint16_t orientation = 0;
  if (!TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &page->header.width)
      || !TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &page->header.height))
    return refuse(fault, CIMAGE_DAMAGED, "a page without a size");
  TIFFGetFieldDefaulted(tiff, TIFFTAG_IMAGEDEPTH, &depth);
  if (depth > 1) return refuse(fault, CIMAGE_UNSUPPORTED, "a volume of %u planes", depth);
  if (TIFFGetField(tiff, TIFFTAG_ORIENTATION, &orientation) && orientation <= 8)
    page->header.orientation = orientation;
  return CIMAGE_OK;
}

cimage_code tiff_describe(
    TIFF *tiff, const tiff_source *source, const cimage_limits *limits, tiff_page *page) {
  cimage_fault *fault = source->fault;
  page->compression = COMPRESSION_NONE;
  page->samples = 1;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &page->compression);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &page->samples);
  cimage_code code = describe_size(tiff, page, fault);
  if (code == CIMAGE_OK) code = tiff_check_compression(page->compression, fault);
  if (code == CIMAGE_OK && (page->samples > limits->samples || page->samples > TIFF_SAMPLES))
    code = refuse(fault, CIMAGE_UNSUPPORTED, "%u samples for each pixel", page->samples);
  if (code == CIMAGE_OK) code = describe_numbers(tiff, page, fault);
  if (code == CIMAGE_OK) code = tiff_describe_kind(tiff, limits, page, fault);
  if (code == CIMAGE_OK && page->compression == COMPRESSION_JPEG)
    code = tiff_describe_jpeg(tiff, source, page);
  if (code == CIMAGE_OK) code = check_conversion(page, fault);
  if (code == CIMAGE_OK) code = check_predictor(tiff, page, fault);
  if (code == CIMAGE_OK) code = describe_tiles(tiff, page, fault);
  if (code == CIMAGE_OK) code = find_unpacked(tiff, page, fault);
  return code;
}
