#pragma once

#include <stdarg.h>
#include <stdio.h>

#include "CImage.h"

/// Records a reason, unless an earlier one is recorded already.
static inline void note_list(cimage_fault *fault, const char *format, va_list arguments) {
  if (fault->text[0] == 0) vsnprintf(fault->text, sizeof fault->text, format, arguments);
}

__attribute__((format(printf, 3, 4)))
static inline cimage_code refuse(
    cimage_fault *fault, cimage_code code, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  note_list(fault, format, arguments);
  va_end(arguments);
  return code;
}

/// The number of bytes that a header announces; false when it does not fit a `size_t`.
static inline int promised_size(const cimage_header *header, size_t *size) {
  return !__builtin_mul_overflow((size_t)header->width, header->height, size)
      && !__builtin_mul_overflow(*size, (size_t)header->channels * (header->bits / 8), size);
}

/// Checks that `found` equals the probed header, is within the limits, and fills `size` bytes.
static inline cimage_code check_promise(
    const cimage_header *found, const cimage_header *header, const cimage_limits *limits,
    size_t size, cimage_fault *fault) {
  size_t promised;
  if (found->width != header->width || found->height != header->height
      || found->channels != header->channels || found->bits != header->bits
      || !promised_size(found, &promised) || promised != size)
    return refuse(fault, CIMAGE_DAMAGED, "the header is not the one that was probed");
  if (found->width > limits->side || found->height > limits->side
      || (uint64_t)found->width * found->height > limits->pixels)
    return refuse(fault, CIMAGE_DAMAGED, "the picture is larger than the limits");
  return CIMAGE_OK;
}
