#pragma once

#include <cblas.h>
#include <stdint.h>

// LAPACK as Fortran calls it; Debian's OpenBLAS contains it but ships no header for it.
// Eigenvalues (ascending) and vectors of a symmetric matrix by divide and conquer.
void dsyevd_(const char *jobz, const char *uplo, const int32_t *n, double *a, const int32_t *lda,
             double *w, double *work, const int32_t *lwork, int32_t *iwork, const int32_t *liwork,
             int32_t *info);

// The Cholesky factor of a symmetric matrix, and the solution of systems by it.
void dpotrf_(const char *uplo, const int32_t *n, double *a, const int32_t *lda, int32_t *info);
void dpotrs_(const char *uplo, const int32_t *n, const int32_t *nrhs, const double *a,
             const int32_t *lda, double *b, const int32_t *ldb, int32_t *info);

/// Vector instructions of x86-64; each level has those of the levels before it.
enum vector_level {
  VECTOR_LEVEL_UNKNOWN,
  VECTOR_LEVEL_SSE,
  VECTOR_LEVEL_AVX,
  /// AVX2 and FMA.
  VECTOR_LEVEL_AVX2,
  /// AVX-512 F, BW, DQ and VL.
  VECTOR_LEVEL_AVX512,
};

/// What this processor has, by its own report and the system's; unknown on other architectures.
enum vector_level processor_vector_level(void);

/// What the processors have that a core type of OpenBLAS's is for; unknown for a name not listed.
enum vector_level openblas_core_vector_level(const char *core);

/// The core type to ask for in the place of `core` on a processor of a level; NULL where the
/// kernels fit, or nothing is known of one of the two.
const char *openblas_better_core(const char *core, enum vector_level processor);
