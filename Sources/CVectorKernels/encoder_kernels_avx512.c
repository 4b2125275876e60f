#if defined(__x86_64__)
#pragma clang attribute push(                                                  \
    __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))),    \
    apply_to = function)
#define LANES 16
#define LAYER_ROWS 9
#define LAYER_VECTORS 3
#define ATTENTION_ROWS 6
#define ATTENTION_VECTORS 4
#define NAME "AVX-512"
#define SET encoder_kernels_avx512
#include "encoder_kernels_body.h"
#pragma clang attribute pop
#endif
