#include "encoder_kernels.h"

extern const struct encoder_kernels encoder_kernels_avx512_bf16;
extern const struct encoder_kernels encoder_kernels_avx512;
extern const struct encoder_kernels encoder_kernels_avx2;
extern const struct encoder_kernels encoder_kernels_baseline;

const struct encoder_kernels *encoder_kernels_at(int index) {
#if defined(__x86_64__)
  int has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  int has_avx512 = has_avx2 && __builtin_cpu_supports("avx512f") &&
                   __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
                   __builtin_cpu_supports("avx512vl");
  if (has_avx512 && __builtin_cpu_supports("avx512bf16") && index-- == 0)
    return &encoder_kernels_avx512_bf16;
  if (has_avx512 && index-- == 0) return &encoder_kernels_avx512;
  if (has_avx2 && index-- == 0) return &encoder_kernels_avx2;
#endif
  return index == 0 ? &encoder_kernels_baseline : NULL;
}
