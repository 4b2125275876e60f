#include <math.h>
#include <stdlib.h>

#include "tiff_page.h"

/// The largest value of unsigned samples after decoding.
static double largest_value(const tiff_page *page) {
  if (page->header.number == CIMAGE_FLOAT) return 1;
  return page->header.bits == 8 ? 255 : ldexp(1, page->bits) - 1;
}

/// Divides each sample by its pixel's alpha; where that is 0, the colour is unknown and stays.
#define DIVIDE(type, divided)                                                  \
  for (size_t x = 0; x < count; x++) {                                         \
    double alpha = ((const type *)key)[x];                                     \
    for (int channel = 0; channel < page->outputs && alpha != 0; channel++) {  \
      type *sample = (type *)out + x * page->outputs + channel;                \
      double value = *sample * largest / alpha;                                \
      *sample = (type)(divided);                                               \
    }                                                                          \
  }

static void divide(const tiff_page *page, const void *key, uint32_t count, uint8_t *out) {
  double largest = largest_value(page);
  int is_float = page->header.number == CIMAGE_FLOAT;
  switch (page->header.bits) {
    case 8: DIVIDE(uint8_t, fmin(value, largest) + 0.5) break;
    case 16: DIVIDE(uint16_t, fmin(value, largest) + 0.5) break;
    case 32: DIVIDE(float, is_float ? value : fmin(value, largest)) break;
    default: DIVIDE(double, is_float ? value : fmin(value, largest))
  }
}

/// What black and one ink leave of the light. Source: Pillow's `cmyk2rgb`.
static inline uint32_t light(uint32_t ink, uint32_t black, uint32_t largest) {
  uint32_t rest = largest - black;
  uint32_t absorbed = (uint32_t)(((uint64_t)ink * rest + largest / 2) / largest);
  return rest - absorbed;
}

static void print(const tiff_page *page, const void *key, uint32_t count, uint8_t *out) {
  uint32_t largest = (uint32_t)largest_value(page);
  for (size_t x = 0; x < (size_t)count * 3; x++)
    if (page->header.bits == 8) out[x] = (uint8_t)light(out[x], ((const uint8_t *)key)[x / 3], 255);
    else {
      uint16_t *sample = (uint16_t *)out + x;
      *sample = (uint16_t)light(*sample, ((const uint16_t *)key)[x / 3], largest);
    }
}

/// The sRGB value, 0…1, of linear light. Source: IEC 61966-2-1.
static double srgb(double linear) {
  double value = linear <= 0.0031308 ? 12.92 * linear : 1.055 * pow(linear, 1 / 2.4) - 0.055;
  return fmin(fmax(value, 0), 1);
}

/// CIE 1976 L* (0…100), a*, b* under D50 to sRGB, 0…1.
///
/// Source: CIE 15:2004 §8.2.1; the matrix is that of IEC 61966-2-1 with Bradford's adaptation to
/// D50, as in ICC profiles of sRGB.
static void lab_to_rgb(double lightness, double a, double b, double rgb[3]) {
  double y = (lightness + 16) / 116, f[3] = {y + a / 500, y, y - b / 200}, xyz[3];
  static const double white[3] = {0.9642, 1, 0.8249};
  for (int i = 0; i < 3; i++)
    xyz[i] = white[i]
        * (f[i] > 6.0 / 29 ? f[i] * f[i] * f[i] : 3 * (6.0 / 29) * (6.0 / 29) * (f[i] - 4.0 / 29));
  static const double matrix[3][3] = {
      {3.1338561, -1.6168667, -0.4906146},
      {-0.9787684, 1.9161415, 0.0334540},
      {0.0719453, -0.2289914, 1.4052427}};
  for (int i = 0; i < 3; i++)
    rgb[i] = srgb(matrix[i][0] * xyz[0] + matrix[i][1] * xyz[1] + matrix[i][2] * xyz[2]);
}

/// One pixel's stored samples, in units of 8 bits, as L*, a*, b*.
///
/// Source: TIFF 6.0 §23; Adobe's TIFF technical note 4 (ICC); ITU-T T.42 for the default range.
static void decode_lab(const tiff_page *page, const double stored[3], double lab[3]) {
  lab[0] = stored[0] * 100 / 255;
  for (int i = 1; i < 3; i++)
    switch (page->conversion) {
      case TIFF_CIELAB: lab[i] = stored[i] < 128 ? stored[i] : stored[i] - 256; break;
      case TIFF_ICCLAB: lab[i] = stored[i] - 128; break;
      default: lab[i] = i == 1 ? (stored[i] - 128) * 170 / 255 : (stored[i] - 96) * 200 / 255;
    }
}

static void convert_lab(const tiff_page *page, uint32_t count, uint8_t *out) {
  int is_wide = page->header.bits == 16;
  uint16_t *wide = (uint16_t *)out;
  for (size_t x = 0; x < (size_t)count * 3; x += 3) {
    double stored[3], lab[3], rgb[3];
    // 16 bits hold 8 and a fraction of 8 more; L* is scaled as a whole.
    for (int i = 0; i < 3; i++)
      stored[i] = !is_wide ? out[x + i] : i == 0 ? wide[x] / 257.0 : wide[x + i] / 256.0;
    decode_lab(page, stored, lab);
    lab_to_rgb(lab[0], lab[1], lab[2], rgb);
    for (int i = 0; i < 3; i++)
      if (is_wide) wide[x + i] = (uint16_t)(rgb[i] * 65535 + 0.5);
      else out[x + i] = (uint8_t)(rgb[i] * 255 + 0.5);
  }
}

/// The constants of YCbCr pictures. Source: `initYCbCrConversion` in libtiff, with its checks.
cimage_code tiff_begin_ycbcr(TIFF *tiff, tiff_page *page, cimage_fault *fault) {
  float *luma = NULL, *range = NULL;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_YCBCRCOEFFICIENTS, &luma);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_REFERENCEBLACKWHITE, &range);
  int is_sound = luma != NULL && range != NULL;
  for (int i = 0; i < 3 && is_sound; i++) is_sound = luma[i] > 0 && luma[i] < 1;
  for (int i = 0; i < 6 && is_sound; i++) is_sound = fabsf(range[i]) <= 65535;
  if (!is_sound) return refuse(fault, CIMAGE_DAMAGED, "constants of YCbCr that are out of range");
  // The tables lie behind the structure, as in libtiff.
  size_t head = (sizeof(TIFFYCbCrToRGB) + 31) / 32 * 32;
  page->ycbcr = calloc(1, head + 4 * 256 * sizeof(TIFFRGBValue) + 2 * 256 * sizeof(int)
                              + 3 * 256 * sizeof(int32_t));
  if (page->ycbcr == NULL) return refuse(fault, CIMAGE_NO_MEMORY, "no memory for tables");
  if (TIFFYCbCrToRGBInit(page->ycbcr, luma, range) < 0)
    return refuse(fault, CIMAGE_DAMAGED, "constants of YCbCr that are out of range");
  return CIMAGE_OK;
}

static void convert_ycbcr(const tiff_page *page, uint32_t count, uint8_t *out) {
  for (uint32_t x = 0; x < count; x++, out += 3) {
    uint32_t rgb[3];
    TIFFYCbCrtoRGB(page->ycbcr, out[0], out[1], out[2], &rgb[0], &rgb[1], &rgb[2]);
    for (int i = 0; i < 3; i++) out[i] = (uint8_t)rgb[i];
  }
}

void tiff_finish(const tiff_page *page, const void *key, uint32_t count, uint8_t *out) {
  switch (page->conversion) {
    case TIFF_PLAIN:
      if (key != NULL) divide(page, key, count, out);
      break;
    case TIFF_INKS: print(page, key, count, out); break;
    case TIFF_CIELAB:
    case TIFF_ICCLAB:
    case TIFF_ITULAB: convert_lab(page, count, out); break;
    case TIFF_YCBCR:
    case TIFF_YCBCR_BLOCKS: convert_ycbcr(page, count, out); break;
    case TIFF_PALETTE: break;
  }
}
