#pragma once

#include <png.h>

#include "fault.h"

/// The outcome of an error in libpng; the first member of the state that a call passes to libpng.
///
/// It is read after libpng's jump, so it lives in the caller of the function that is jumped to.
typedef struct {
  cimage_code code;
  cimage_fault *fault;
  /// A set of `cimage_notice`.
  uint32_t notices;
} png_outcome;

static void fail(png_structp png, png_const_charp message) {
  png_outcome *outcome = png_get_error_ptr(png);
  refuse(outcome->fault, outcome->code, "%s", message);
  png_longjmp(png, 1);
}
