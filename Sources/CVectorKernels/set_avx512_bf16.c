// The same with VDPBF16PS as well, which multiplies pairs of bfloat16.
#if defined(__x86_64__)
#pragma clang attribute push(                                                                     \
    __attribute__((target("avx512bf16,avx512vnni,avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), \
    apply_to = function)
#define LANES 16
#define MULTIPLIES_BFLOAT16 1
#define MULTIPLIES_INT8 1
#define NAME "AVX-512 BF16"
#define ENCODER_SET encoder_kernels_avx512_bf16
#include "encoder.h"
#pragma clang attribute pop
#endif
