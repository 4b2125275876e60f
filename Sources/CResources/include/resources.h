#pragma once

#include <stddef.h>
#include <stdint.h>

/// A file that is part of the program.
struct resource {
  const char *name;
  const uint8_t *bytes;
  size_t size;
};

/// The file at an index; NULL beyond the last.
const struct resource *resource_at(int index);
