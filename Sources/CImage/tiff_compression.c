#include "tiff_page.h"

/// The usual name of a compression that libtiff does not read or that is not trusted here.
static const char *name_of(uint16_t compression) {
  switch (compression) {
    case 9:
    case 10:
    case COMPRESSION_JBIG: return "JBIG";
    case 32867: return "Kodak KDC";
    case 33003:
    case 33004:
    case 33005:
    case 33007:
    case 34712: return "JPEG 2000";
    case 34933: return "PNG";
    case 22610:
    case 34934: return "JPEG XR";
    case 34892: return "lossy JPEG of a raw file";
    case 34713: return "Nikon NEF";
    case 32908: return "PixarFilm";
    case COMPRESSION_PIXARLOG: return "PixarLog";
    case COMPRESSION_SGILOG:
    case COMPRESSION_SGILOG24: return "SGI LogLuv";
    case COMPRESSION_LERC: return "LERC";
    case COMPRESSION_LZMA: return "LZMA";
    case COMPRESSION_ZSTD: return "Zstandard";
    case COMPRESSION_WEBP: return "WebP";
    case 50002:
    case 52546: return "JPEG XL";
    case 65000:
    case 65001:
    case 65002: return "electron events (EER)";
    default: return "unknown";
  }
}

cimage_code tiff_check_compression(uint16_t compression, cimage_fault *fault) {
  switch (compression) {
    case COMPRESSION_NONE:
    case COMPRESSION_CCITTRLE:
    case COMPRESSION_CCITTFAX3:
    case COMPRESSION_CCITTFAX4:
    case COMPRESSION_CCITTRLEW:
    case COMPRESSION_LZW:
    case COMPRESSION_OJPEG:
    case COMPRESSION_JPEG:
    case COMPRESSION_NEXT:
    case COMPRESSION_PACKBITS:
    case COMPRESSION_THUNDERSCAN:
    case COMPRESSION_DEFLATE:
    case COMPRESSION_ADOBE_DEFLATE:
    case COMPRESSION_LERC:
    case COMPRESSION_LZMA:
    case COMPRESSION_ZSTD:
    case COMPRESSION_WEBP:
      if (TIFFIsCODECConfigured(compression)) return CIMAGE_OK;
  }
  return refuse(
      fault, CIMAGE_UNSUPPORTED, "compression %u (%s); save it uncompressed or with LZW",
      compression, name_of(compression));
}
