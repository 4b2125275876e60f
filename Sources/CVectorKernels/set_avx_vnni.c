// AVX2 and FMA with VPDPBUSD in the form that processors without AVX-512 have.
#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avxvnni,avx2,fma"))), apply_to = function)
#define LANES 8
#define MULTIPLIES_BFLOAT16 0
#define MULTIPLIES_INT8 1
#define NAME "AVX-VNNI"
#define ENCODER_SET encoder_kernels_avx_vnni
#include "encoder.h"
#pragma clang attribute pop
#endif
