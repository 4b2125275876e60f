#include "tiff_page.h"

static const char *name_of_kind(uint16_t photometric) {
  switch (photometric) {
    case PHOTOMETRIC_CFA: return "a sensor's colour filter array";
    case PHOTOMETRIC_LOGL:
    case PHOTOMETRIC_LOGLUV: return "logarithmic luminance (LogLuv)";
    case 34892: return "a raw file's linear samples (DNG)";
    case 51177: return "a depth map";
    default: return NULL;
  }
}

/// Sets the only sample beyond the first `base` that is an alpha channel; two are measurements.
static void find_alpha(
    TIFF *tiff, const tiff_page *page, int base, int *alpha, int *is_associated) {
  uint16_t count = 0, *types = NULL;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &count, &types);
  int found = 0;
  *alpha = -1;
  *is_associated = 0;
  for (int extra = 0; extra < count && types != NULL; extra++) {
    int sample = page->samples - count + extra;
    if (sample < base
        || (types[extra] != EXTRASAMPLE_ASSOCALPHA && types[extra] != EXTRASAMPLE_UNASSALPHA))
      continue;
    found += 1;
    *alpha = sample;
    *is_associated = types[extra] == EXTRASAMPLE_ASSOCALPHA;
  }
  if (found > 1) *alpha = -1;
}

/// Makes every sample but an alpha channel a decoded one.
static void describe_channels(TIFF *tiff, tiff_page *page) {
  int alpha, is_associated;
  find_alpha(tiff, page, 1, &alpha, &is_associated);
  for (int sample = 0; sample < page->samples; sample++)
    if (sample != alpha) page->source[page->outputs++] = (uint8_t)sample;
  page->header.kind = page->outputs == 1 ? CIMAGE_GREY : CIMAGE_CHANNELS;
  if (alpha < 0) return;
  if (is_associated) page->key = alpha;
  page->header.notices |= is_associated ? CIMAGE_TIFF_ALPHA_DIVIDED : CIMAGE_TIFF_ALPHA_DROPPED;
}

/// Makes the first samples colours; of the `stored` ones that colours need at least, three are
/// decoded.
static cimage_code describe_colours(
    TIFF *tiff, tiff_page *page, int stored, int *alpha, int *is_associated, cimage_fault *fault) {
  if (page->samples < stored)
    return refuse(
        fault, CIMAGE_DAMAGED, "%u samples for each coloured pixel", page->samples);
  find_alpha(tiff, page, stored, alpha, is_associated);
  page->outputs = 3;
  for (uint8_t output = 0; output < 3; output++) page->source[output] = output;
  page->header.kind = CIMAGE_COLOUR;
  if (*alpha >= 0 && !*is_associated) page->header.notices |= CIMAGE_TIFF_ALPHA_DROPPED;
  if (page->samples > stored + (*alpha >= 0)) page->header.notices |= CIMAGE_TIFF_EXTRA_DROPPED;
  return CIMAGE_OK;
}

/// Colours, unless there are fewer samples than three, or two and more beside them: then the tag
/// does not say what the samples are.
static cimage_code describe_rgb(TIFF *tiff, tiff_page *page, cimage_fault *fault) {
  int alpha, is_associated;
  find_alpha(tiff, page, 3, &alpha, &is_associated);
  if (page->samples < 3 || page->samples - (alpha >= 0) > 4) {
    describe_channels(tiff, page);
    page->header.notices |= CIMAGE_TIFF_NO_COLOURS;
    return CIMAGE_OK;
  }
  cimage_code code = describe_colours(tiff, page, 3, &alpha, &is_associated, fault);
  if (alpha >= 0 && is_associated) {
    page->key = alpha;
    page->header.notices |= CIMAGE_TIFF_ALPHA_DIVIDED;
  }
  return code;
}

static cimage_code describe_palette(TIFF *tiff, tiff_page *page, cimage_fault *fault) {
  if (page->bits > 16
      || !TIFFGetField(tiff, TIFFTAG_COLORMAP, &page->map[0], &page->map[1], &page->map[2]))
    return refuse(fault, CIMAGE_DAMAGED, "a palette picture without a palette");
  int alpha, is_associated;
  cimage_code code = describe_colours(tiff, page, 1, &alpha, &is_associated, fault);
  page->conversion = TIFF_PALETTE;
  page->source[1] = page->source[2] = 0;
  page->header.bits = 8;
  if (alpha >= 0) page->header.notices |= CIMAGE_TIFF_ALPHA_DROPPED;
  // Entries of 8 bits are an old mistake. Source: libtiff's `checkcmap`.
  uint16_t largest = 0;
  for (int channel = 0; channel < 3; channel++)
    for (size_t index = 0; index < (size_t)1 << page->bits; index++)
      if (page->map[channel][index] > largest) largest = page->map[channel][index];
  page->map_shift = largest > 255 ? 8 : 0;
  if (largest > 0 && largest <= 255) page->header.notices |= CIMAGE_TIFF_EIGHT_BIT_MAP;
  return code;
}

static cimage_code describe_inks(TIFF *tiff, tiff_page *page, cimage_fault *fault) {
  uint16_t set = INKSET_CMYK, inks = 4;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_INKSET, &set);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_NUMBEROFINKS, &inks);
  int alpha, is_associated;
  cimage_code code = describe_colours(tiff, page, 4, &alpha, &is_associated, fault);
  if (code != CIMAGE_OK) return code;
  if (set != INKSET_CMYK || inks != 4 || (alpha >= 0 && is_associated)
      || page->samples > 4 + (alpha >= 0))
    return refuse(
        fault, CIMAGE_UNSUPPORTED, "%u inks that are not those of CMYK; save it as RGB",
        page->samples);
  page->conversion = TIFF_INKS;
  page->key = 3;
  page->header.notices |= CIMAGE_TIFF_INKS;
  return CIMAGE_OK;
}

static cimage_code describe_lab(TIFF *tiff, tiff_page *page, cimage_fault *fault) {
  int alpha, is_associated;
  cimage_code code = describe_colours(tiff, page, 3, &alpha, &is_associated, fault);
  if (code != CIMAGE_OK) return code;
  if (alpha >= 0 && is_associated)
    return refuse(fault, CIMAGE_UNSUPPORTED, "L*a*b* colours with associated alpha");
  page->conversion = page->photometric == PHOTOMETRIC_CIELAB ? TIFF_CIELAB
      : page->photometric == PHOTOMETRIC_ICCLAB              ? TIFF_ICCLAB
                                                             : TIFF_ITULAB;
  page->header.notices |= CIMAGE_TIFF_LAB;
  return CIMAGE_OK;
}

/// Sets the blocks; what libjpeg converts is told by the stream.
static cimage_code describe_ycbcr(TIFF *tiff, tiff_page *page, cimage_fault *fault) {
  if (page->samples != 3)
    return refuse(fault, CIMAGE_UNSUPPORTED, "YCbCr colours of %u samples", page->samples);
  int alpha, is_associated;
  cimage_code code = describe_colours(tiff, page, 3, &alpha, &is_associated, fault);
  TIFFGetFieldDefaulted(
      tiff, TIFFTAG_YCBCRSUBSAMPLING, &page->block_width, &page->block_height);
  int width = page->block_width, height = page->block_height;
  if (code != CIMAGE_OK || page->compression == COMPRESSION_JPEG) return code;
  int is_whole = width == 1 && height == 1;
  if ((width != 1 && width != 2 && width != 4) || (height != 1 && height != 2 && height != 4)
      || (!is_whole && page->step == 1))
    return refuse(
        fault, CIMAGE_UNSUPPORTED, "YCbCr colours in %s of %d×%d",
        page->step == 1 ? "separate planes" : "blocks", width, height);
  page->conversion =
      is_whole && page->compression != COMPRESSION_OJPEG ? TIFF_YCBCR : TIFF_YCBCR_BLOCKS;
  return CIMAGE_OK;
}

/// Guesses a missing tag. Source: `TIFFRGBAImageBegin` in libtiff; colours only of 8 bits here.
static uint16_t guessed_kind(const tiff_page *page) {
  switch (page->compression) {
    case COMPRESSION_CCITTRLE:
    case COMPRESSION_CCITTFAX3:
    case COMPRESSION_CCITTFAX4:
    case COMPRESSION_CCITTRLEW: return PHOTOMETRIC_MINISWHITE;
  }
  int is_coloured = page->bits == 8 && (page->samples == 3 || page->samples == 4);
  return is_coloured ? PHOTOMETRIC_RGB : PHOTOMETRIC_MINISBLACK;
}

cimage_code tiff_describe_kind(
    TIFF *tiff, const cimage_limits *limits, tiff_page *page, cimage_fault *fault) {
  uint16_t planar = PLANARCONFIG_CONTIG;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &planar);
  page->step = planar == PLANARCONFIG_CONTIG ? page->samples : 1;
  page->key = -1;
  if (!TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &page->photometric)) {
    page->photometric = guessed_kind(page);
    page->header.notices |= CIMAGE_TIFF_NO_PHOTOMETRIC;
  }
  cimage_code code = CIMAGE_OK;
  const char *name = name_of_kind(page->photometric);
  switch (page->photometric) {
    case PHOTOMETRIC_MINISWHITE:
      page->header.notices |= CIMAGE_TIFF_WHITE_IS_ZERO;
      describe_channels(tiff, page);
      break;
    case PHOTOMETRIC_MINISBLACK:
    case PHOTOMETRIC_MASK: describe_channels(tiff, page); break;
    case PHOTOMETRIC_RGB: code = describe_rgb(tiff, page, fault); break;
    case PHOTOMETRIC_PALETTE:
      if (limits->keeps_indices) describe_channels(tiff, page);
      else code = describe_palette(tiff, page, fault);
      break;
    case PHOTOMETRIC_SEPARATED: code = describe_inks(tiff, page, fault); break;
    case PHOTOMETRIC_YCBCR: code = describe_ycbcr(tiff, page, fault); break;
    case PHOTOMETRIC_CIELAB:
      // One sample is the lightness alone.
      if (page->samples > 1) code = describe_lab(tiff, page, fault);
      else describe_channels(tiff, page);
      break;
    case PHOTOMETRIC_ICCLAB:
    case PHOTOMETRIC_ITULAB: code = describe_lab(tiff, page, fault); break;
    default:
      if (name != NULL) return refuse(fault, CIMAGE_UNSUPPORTED, "%s", name);
      return refuse(fault, CIMAGE_UNSUPPORTED, "photometric kind %u", page->photometric);
  }
  page->header.channels = page->outputs;
  return code;
}
