#pragma once

#include <stddef.h>
#include <stdint.h>

/// A node of a decision tree. The right one of the two below it follows the left one.
struct tree_node {
  /// What is at most this goes left; infinite for a leaf.
  float threshold;
  int32_t feature;
  /// The left node below; the node itself for a leaf.
  int32_t child;
  int32_t unused;
};

enum { TREE_PIXELS = 16 };

/// sums[p, k] = Σ over trees of values[leaf of p, k], added in the order of the trees.
///
/// A pixel's features are its row of `deep` floats, rows `stride` apart, and then its place in
/// `channels` planes, `plane` apart. The scratch has TREE_PIXELS · (deep + channels) floats.
void tree_sums(const struct tree_node *nodes, const double *values, size_t classes,
               const int32_t *roots, size_t trees, size_t pixels, size_t deep,
               const float *rows, size_t stride, size_t channels, const float *planes,
               size_t plane, float *scratch, double *sums);
