#pragma once

#include <stddef.h>
#include <stdint.h>

/// How sure probabilities are of their class, from 0 (sure) to 1.
enum uncertainty_kind {
  /// 1 − (largest − second).
  UNCERTAINTY_MARGIN,
  /// −Σ p ln p / ln K.
  UNCERTAINTY_ENTROPY,
  /// 1 − largest.
  UNCERTAINTY_LEAST,
};

/// What classifiers do with rows of features, and with planes of scores, one plane for each class.
/// In one set a value does not depend on how the work is cut up.
struct score_kernels {
  const char *name;

  /// out[i, k] = bias[k] + Σ_d x[i, d] · w[k, d]: rows of floats, `stride` apart, by vectors of
  /// doubles, [classes, dim], into [rows, classes].
  void (*products)(size_t rows, size_t dim, size_t stride, const float *x, size_t classes,
                   const double *w, const double *bias, double *out);

  /// out[k, d] += Σ_i r[i, k] · x[i, d].
  void (*sums)(size_t rows, size_t dim, size_t stride, const float *x, size_t classes,
               const double *r, double *out);

  /// The same where most of r is 0, which is passed over.
  void (*sparse_sums)(size_t rows, size_t dim, size_t stride, const float *x, size_t classes,
                      const double *r, double *out);

  /// The class of the largest score of each pixel of a band, of equal ones the first; ≤ 256 classes.
  ///
  /// The scores of pixel (x, y) are mixed from those of four cells, [cells, classes]: of the upper
  /// row with above[y], of the lower with below[y], in each of cell first[x] with first_weights[x]
  /// and of second[x], which is never before it, with second_weights[x]; the weights of a pixel are
  /// not negative and sum to one. Where at the four cells one class exceeds another by more than
  /// the margin, which covers what rounding does, no mixture has the other. Labels are `width`
  /// apart. The pixels' weights are added to sums for each cell and class, and their number to
  /// counts; the two rows of cells may be one.
  void (*label_band)(size_t classes, size_t width, size_t rows, const int32_t *first,
                     const int32_t *second, const float *first_weights,
                     const float *second_weights, const float *above, const float *below,
                     const float *upper, const float *lower, float margin, uint8_t *labels,
                     double *upper_sums, double *lower_sums, int64_t *counts);

  /// out[k][p] = bias[k] + rows[p, k] + Σ_c w[k, c] · planes[c][p]; planes of the input are
  /// `plane` apart, those of the output `out_plane`. No rows (NULL) means zeros.
  void (*project)(size_t channels, size_t pixels, const float *planes, size_t plane,
                  size_t classes, const float *w, const float *bias, const float *rows,
                  float *out, size_t out_plane);

  /// Scores to probabilities, in place: each pixel's softmax over the planes.
  void (*softmax)(size_t classes, size_t pixels, float *planes, size_t plane);

  /// out[p] = names[k] of the largest of planes[k][p], of equal ones the first; ≤ 256 classes.
  void (*labels)(size_t classes, size_t pixels, const float *planes, size_t plane,
                 const uint8_t *names, uint8_t *out);

  /// How unsure probabilities are, by the kind.
  void (*uncertainty)(enum uncertainty_kind kind, size_t classes, size_t pixels,
                      const float *planes, size_t plane, float *out);

  /// out[p] = ⌊255 · in[p] + ½⌋, of what is in 0…1.
  void (*bytes)(size_t pixels, const float *in, uint8_t *out);

  /// The means over squares of side 2 · radius + 1, cut off at the picture's edges, of in or, with
  /// `factor`, of in · factor, for rows first…end; out is a whole picture. With `onto` a mean is
  /// added to out · onto instead. The scratch has as many doubles as the picture has columns.
  void (*box)(size_t height, size_t width, size_t radius, size_t first, size_t end,
              const float *in, const float *factor, const float *onto, float *out,
              double *scratch);

  /// Makes means of I · I the inverses 1 / (variance + epsilon), given the means of I.
  void (*inverse_variance)(size_t pixels, const float *mean, float epsilon, float *squares);

  /// Of means of I, of p and of I · p, and 1 / (var I + ε): the slope, over the mean of I · p, and
  /// the offset, over the mean of p, of a guided filter. Source: He et al. 2013, eq. 5–6.
  void (*guide)(size_t pixels, const float *mean, const float *inverse, float *mean_p,
                float *mean_ip);
};

/// The sets that this CPU can run, the fastest first; NULL beyond the last.
const struct score_kernels *score_kernels_at(int index);
