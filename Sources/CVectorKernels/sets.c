#include "CVectorKernels.h"

extern const struct encoder_kernels encoder_kernels_avx512_bf16, encoder_kernels_avx512_vnni,
    encoder_kernels_avx512, encoder_kernels_avx_vnni, encoder_kernels_avx2,
    encoder_kernels_baseline;
extern const struct row_kernels row_kernels_avx512, row_kernels_avx2, row_kernels_baseline;
extern const struct picture_kernels picture_kernels_avx512, picture_kernels_avx2,
    picture_kernels_baseline;
extern const struct score_kernels score_kernels_avx512, score_kernels_avx2, score_kernels_baseline;

#if defined(__x86_64__)
static int has_avx2(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static int has_avx512(void) {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
#endif

const struct encoder_kernels *encoder_kernels_at(int index) {
#if defined(__x86_64__)
  const int has_vnni = has_avx512() && __builtin_cpu_supports("avx512vnni");
  if (has_vnni && __builtin_cpu_supports("avx512bf16") && index-- == 0)
    return &encoder_kernels_avx512_bf16;
  if (has_vnni && index-- == 0) return &encoder_kernels_avx512_vnni;
  if (has_avx512() && index-- == 0) return &encoder_kernels_avx512;
  if (has_avx2() && __builtin_cpu_supports("avxvnni") && index-- == 0)
    return &encoder_kernels_avx_vnni;
  if (has_avx2() && index-- == 0) return &encoder_kernels_avx2;
#endif
  return index == 0 ? &encoder_kernels_baseline : NULL;
}

const struct row_kernels *row_kernels_at(int index) {
#if defined(__x86_64__)
  if (has_avx512() && index-- == 0) return &row_kernels_avx512;
  if (has_avx2() && index-- == 0) return &row_kernels_avx2;
#endif
  return index == 0 ? &row_kernels_baseline : NULL;
}

const struct picture_kernels *picture_kernels_at(int index) {
#if defined(__x86_64__)
  if (has_avx512() && index-- == 0) return &picture_kernels_avx512;
  if (has_avx2() && index-- == 0) return &picture_kernels_avx2;
#endif
  return index == 0 ? &picture_kernels_baseline : NULL;
}

const struct score_kernels *score_kernels_at(int index) {
#if defined(__x86_64__)
  if (has_avx512() && index-- == 0) return &score_kernels_avx512;
  if (has_avx2() && index-- == 0) return &score_kernels_avx2;
#endif
  return index == 0 ? &score_kernels_baseline : NULL;
}
