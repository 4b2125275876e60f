#if defined(__x86_64__)
#include <immintrin.h>
#pragma clang attribute push(                                                            \
    __attribute__((target("avx512bf16,avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))),   \
    apply_to = function)
#define LANES 16
#define LAYER_ROWS 9
#define LAYER_VECTORS 3
#define ATTENTION_ROWS 6
#define ATTENTION_VECTORS 4
#define MULTIPLIES_BFLOAT16
#define NAME "AVX-512 BF16"
#define SET encoder_kernels_avx512_bf16
#include "encoder_kernels_body.h"
#pragma clang attribute pop
#endif
