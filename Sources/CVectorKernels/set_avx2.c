// AVX2 and FMA: sixteen registers of eight floats.
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define LANES 8
#define MULTIPLIES_BFLOAT16 0
#define MULTIPLIES_INT8 0
#define NAME "AVX2"
#define ENCODER_SET encoder_kernels_avx2
#define ROW_SET row_kernels_avx2
#define PICTURE_SET picture_kernels_avx2
#define SCORE_SET score_kernels_avx2
#include "encoder.h"
#include "rows.h"
#include "pictures.h"
#include "scores.h"
#pragma clang attribute pop
#endif
