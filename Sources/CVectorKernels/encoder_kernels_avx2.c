#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define LANES 8
#define LAYER_ROWS 6
#define LAYER_VECTORS 2
#define ATTENTION_ROWS 6
#define ATTENTION_VECTORS 2
#define NAME "AVX2"
#define SET encoder_kernels_avx2
#include "encoder_kernels_body.h"
#pragma clang attribute pop
#endif
