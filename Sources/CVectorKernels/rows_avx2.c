#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define NAME "AVX2"
#define SET row_kernels_avx2
#include "rows_body.h"
#pragma clang attribute pop
#endif
