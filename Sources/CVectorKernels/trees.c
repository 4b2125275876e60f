// Decision trees. Several pixels walk down a tree together, so that one's memory is waited for while
// the others step.
#include "trees.h"

#include <string.h>

// A leaf leads to itself, so that pixels may go on until all have arrived.
static void walk(const struct tree_node *nodes, int32_t root, size_t width, const float *features,
                 int32_t at[TREE_PIXELS]) {
  for (int i = 0; i < TREE_PIXELS; i++) at[i] = root;
  int32_t moved;
  do {
    moved = 0;
    for (int i = 0; i < TREE_PIXELS; i++) {
      const struct tree_node *node = nodes + at[i];
      const float value = features[(size_t)i * width + (size_t)node->feature];
      const int32_t next = node->child + (value > node->threshold);
      moved |= next ^ at[i];
      at[i] = next;
    }
  } while (moved);
}

void tree_sums(const struct tree_node *nodes, const double *values, size_t classes,
               const int32_t *roots, size_t trees, size_t pixels, size_t deep,
               const float *rows, size_t stride, size_t channels, const float *planes,
               size_t plane, float *scratch, double *sums) {
  const size_t width = deep + channels;
  memset(sums, 0, pixels * classes * sizeof *sums);
  memset(scratch, 0, TREE_PIXELS * width * sizeof *scratch);
  for (size_t first = 0; first < pixels; first += TREE_PIXELS) {
    const size_t count = pixels - first < TREE_PIXELS ? pixels - first : TREE_PIXELS;
    for (size_t i = 0; i < count; i++) {
      float *to = scratch + i * width;
      if (deep > 0) memcpy(to, rows + (first + i) * stride, deep * sizeof *to);
      for (size_t c = 0; c < channels; c++) to[deep + c] = planes[c * plane + first + i];
    }
    for (size_t t = 0; t < trees; t++) {
      int32_t at[TREE_PIXELS];
      walk(nodes, roots[t], width, scratch, at);
      for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < classes; k++)
          sums[(first + i) * classes + k] += values[(size_t)at[i] * classes + k];
    }
  }
}
