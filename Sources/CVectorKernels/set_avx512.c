// AVX-512 as servers have it since Skylake (F, BW, DQ, VL): 32 registers of sixteen floats.
#if defined(__x86_64__)
#pragma clang attribute push( \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), apply_to = function)
#define LANES 16
#define MULTIPLIES_BFLOAT16 0
#define MULTIPLIES_INT8 0
#define NAME "AVX-512"
#define ENCODER_SET encoder_kernels_avx512
#define ROW_SET row_kernels_avx512
#define PICTURE_SET picture_kernels_avx512
#define SCORE_SET score_kernels_avx512
#include "encoder.h"
#include "rows.h"
#include "pictures.h"
#include "scores.h"
#pragma clang attribute pop
#endif
