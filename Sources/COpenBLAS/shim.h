#pragma once

#include <cblas.h>
#include <stdint.h>

// LAPACK as Fortran calls it; Debian's OpenBLAS contains it but ships no header for it.
// Eigenvalues (ascending) and vectors of a symmetric matrix by divide and conquer.
void dsyevd_(const char *jobz, const char *uplo, const int32_t *n, double *a, const int32_t *lda,
             double *w, double *work, const int32_t *lwork, int32_t *iwork, const int32_t *liwork,
             int32_t *info);
