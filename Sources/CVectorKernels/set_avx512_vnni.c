// AVX-512 with VPDPBUSD, which multiplies four eight-bit numbers a lane. Rows have none.
#if defined(__x86_64__)
#pragma clang attribute push(                                                          \
    __attribute__((target("avx512vnni,avx512f,avx512bw,avx512dq,avx512vl,avx2,fma"))), \
    apply_to = function)
#define LANES 16
#define MULTIPLIES_BFLOAT16 0
#define MULTIPLIES_INT8 1
#define NAME "AVX-512 VNNI"
#define ENCODER_SET encoder_kernels_avx512_vnni
#include "encoder.h"
#pragma clang attribute pop
#endif
