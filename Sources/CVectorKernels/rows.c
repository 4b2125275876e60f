#include "rows.h"

extern const struct row_kernels row_kernels_avx512;
extern const struct row_kernels row_kernels_avx2;
extern const struct row_kernels row_kernels_baseline;

const struct row_kernels *row_kernels_at(int index) {
#if defined(__x86_64__)
  int has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && index-- == 0)
    return &row_kernels_avx512;
  if (has_avx2 && index-- == 0) return &row_kernels_avx2;
#endif
  return index == 0 ? &row_kernels_baseline : NULL;
}
