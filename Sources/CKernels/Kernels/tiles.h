// Tiles of operands in shared memory: rows of 64 halves.
#pragma once

#include "operands.h"

enum {
  TILE_DEPTH = 64,
  TILE_ROW_BYTES = 128,
  TILE_ROW_CHUNKS = 8,
};

// Where chunk c (16 bytes) of row r lies: chunks of a row trade places by the row's number, so that
// eight rows' chunks of one number lie in different banks.
DEVICE u32 chunk_at(int r, int c) {
  int place = PLANTED(NO_SWIZZLE) ? c : c ^ (r & 7);
  return (u32)(r * TILE_ROW_BYTES + place * 16);
}

// Begins to copy `rows` rows by `threads` threads. `address` gives row r's first half; `is_inside`
// says of row r and chunk c whether it is not to be cleared, `from` must be readable all the same.
template <int rows, int threads, typename Address, typename Inside>
DEVICE void begin_tile(u32 tile, Address address, Inside is_inside) {
  UNROLL
  for (int i = 0; i < rows * TILE_ROW_CHUNKS / threads; i++) {
    int at = i * threads + thread_index(), r = at / TILE_ROW_CHUNKS, c = at % TILE_ROW_CHUNKS;
    bool inside = is_inside(r, c);
    u32 to = tile + chunk_at(r, PLANTED(WRONG_SWIZZLE) ? c ^ (r & 4) : c);
    begin_copy(to, address(inside ? r : 0) + (inside ? c * 8 : 0), inside);
  }
}
