// The archive that bin/make-kernels writes, whose layout it states.
#include "archive.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#pragma clang diagnostic ignored "-Wc23-extensions"
static const uint8_t archive[] = {
#embed "kernels.bin"
};

enum { NAME_BYTES = 16, HEAD_BYTES = 20, ENTRY_BYTES = 28 };

static uint32_t number_at(size_t place) {
  const uint8_t *bytes = archive + place;
  return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

// Whether some bytes lie in the archive.
static int holds(uint32_t place, uint32_t size) {
  return place <= sizeof archive && size <= sizeof archive - place;
}

int kernel_image_at(int index, struct kernel_image *image) {
  if (!holds(0, HEAD_BYTES) || memcmp(archive, "EPKERNEL", 8) != 0) return 0;
  if (index < 0 || (uint32_t)index >= number_at(8) || index > 100) return 0;
  size_t entry = HEAD_BYTES + ENTRY_BYTES * (size_t)index;
  if (!holds((uint32_t)entry, ENTRY_BYTES) || archive[entry + NAME_BYTES - 1] != 0) return 0;
  image->architecture = (const char *)archive + entry;
  uint32_t place = number_at(entry + NAME_BYTES);
  image->deflated_size = number_at(entry + NAME_BYTES + 4);
  image->size = number_at(entry + NAME_BYTES + 8);
  image->deflated = archive + place;
  return holds(place, (uint32_t)image->deflated_size);
}

int kernel_image_for(int major, int minor, struct kernel_image *image) {
  struct kernel_image each;
  int best = -1;
  for (int i = 0; kernel_image_at(i, &each); i++) {
    char *rest;
    const char *number = strchr(each.architecture, '_');
    if (number == NULL) continue;
    int version = (int)strtol(number + 1, &rest, 10), rank;
    if (strncmp(each.architecture, "sm_", 3) != 0)
      rank = 10 * major + minor >= version ? 0 : -1;
    else if (version / 10 != major || version % 10 > minor || (*rest && version % 10 != minor))
      rank = -1;
    else
      rank = version;
    if (rank > best) best = rank, *image = each;
  }
  return best >= 0;
}

int kernel_image_inflate(const struct kernel_image *image, void *bytes) {
  uLongf size = image->size;
  return uncompress(bytes, &size, image->deflated, image->deflated_size) == Z_OK &&
         size == image->size;
}

const char *kernel_manifest(size_t *size) {
  *size = 0;
  if (!holds(0, HEAD_BYTES)) return NULL;
  uint32_t place = number_at(12), length = number_at(16);
  if (!holds(place, length)) return NULL;
  *size = length;
  return (const char *)archive + place;
}
