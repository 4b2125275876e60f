// Memory of the made-up cards.
#define _GNU_SOURCE
#include "streams.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE = 4096, ALIGNMENT = 256 };

bool mock_holds(driver_address address, size_t bytes) {
  for (int i = 0; i < MOCK_BLOCKS; i++) {
    const struct block *block = &mock.blocks[i];
    if (block->bytes && address >= block->address && address - block->address <= block->bytes &&
        bytes <= block->bytes - (address - block->address))
      return true;
  }
  return false;
}

int mocked_allocate(driver_address *address, size_t bytes) {
  int code = mock_begin("cuMemAlloc_v2");
  if (code) return code;
  if (!bytes || !mock.has_context) return bytes ? 201 : 1;
  if (mock_held_bytes() + bytes > mock.free_bytes) return 2;
  for (int i = 0; i < MOCK_BLOCKS; i++) {
    struct block *block = &mock.blocks[i];
    if (block->bytes) continue;
    size_t rounded = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    size_t inside = (rounded + PAGE - 1) / PAGE * PAGE;
    block->map_bytes = inside + 2 * PAGE;
    block->map = mmap(NULL, block->map_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block->map == MAP_FAILED) return 2;
    mprotect(block->map + PAGE, inside, PROT_READ | PROT_WRITE);
    // All bits set is no number as a float32, a binary16 and a bfloat16.
    memset(block->map + PAGE, 0xff, inside);
    // Its end lies at the page behind.
    block->address = (driver_address)(uintptr_t)(block->map + PAGE + inside - rounded);
    block->bytes = bytes;
    *address = block->address;
    return 0;
  }
  return 2;
}

static void release(struct block *block) {
  if (block->bytes) munmap(block->map, block->map_bytes);
  memset(block, 0, sizeof *block);
}

int mocked_free_memory(driver_address address) {
  int code = mock_begin("cuMemFree_v2");
  if (code) return code;
  for (int i = 0; i < MOCK_BLOCKS; i++)
    if (mock.blocks[i].bytes && mock.blocks[i].address == address) {
      release(&mock.blocks[i]);
      return 0;
    }
  return 1;
}

int mocked_memory(size_t *free, size_t *total) {
  int code = mock_begin("cuMemGetInfo_v2");
  if (code) return code;
  size_t held = mock_held_bytes();
  *free = mock.free_bytes > held ? mock.free_bytes - held : 0;
  *total = (size_t)2 << 30;
  return 0;
}

void mock_free_everything(void) {
  for (int i = 0; i < MOCK_BLOCKS; i++) release(&mock.blocks[i]);
  for (int i = 0; i < MOCK_STREAMS; i++) free(mock.streams[i].queue);
}
