// OpenBLAS knows processors by family and model and takes its oldest kernels for those that it does
// not know: 0.3.21 multiplies on an Emerald Rapids (family 6, model 207) with SSE, at a sixth of the
// rate. Here the core type follows from the instructions that the processor reports.
#define _GNU_SOURCE
#include "COpenBLAS.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

enum vector_level processor_vector_level(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx")) return VECTOR_LEVEL_SSE;
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return VECTOR_LEVEL_AVX;
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                 __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
             ? VECTOR_LEVEL_AVX512
             : VECTOR_LEVEL_AVX2;
#else
  return VECTOR_LEVEL_UNKNOWN;
#endif
}

// Source: OpenBLAS 0.3.21 to 0.3.29, driver/others/dynamic.c.
static const struct {
  const char *name;
  enum vector_level level;
} cores[] = {
    {"Katmai", VECTOR_LEVEL_SSE},        {"Coppermine", VECTOR_LEVEL_SSE},
    {"Northwood", VECTOR_LEVEL_SSE},     {"Prescott", VECTOR_LEVEL_SSE},
    {"Banias", VECTOR_LEVEL_SSE},        {"Atom", VECTOR_LEVEL_SSE},
    {"Core2", VECTOR_LEVEL_SSE},         {"Penryn", VECTOR_LEVEL_SSE},
    {"Dunnington", VECTOR_LEVEL_SSE},    {"Nehalem", VECTOR_LEVEL_SSE},
    {"Athlon", VECTOR_LEVEL_SSE},        {"Opteron", VECTOR_LEVEL_SSE},
    {"Opteron_SSE3", VECTOR_LEVEL_SSE},  {"Barcelona", VECTOR_LEVEL_SSE},
    {"Nano", VECTOR_LEVEL_SSE},          {"Bobcat", VECTOR_LEVEL_SSE},
    {"Sandybridge", VECTOR_LEVEL_AVX},   {"Bulldozer", VECTOR_LEVEL_AVX},
    {"Piledriver", VECTOR_LEVEL_AVX},    {"Steamroller", VECTOR_LEVEL_AVX},
    {"Excavator", VECTOR_LEVEL_AVX2},    {"Haswell", VECTOR_LEVEL_AVX2},
    {"Zen", VECTOR_LEVEL_AVX2},          {"SkylakeX", VECTOR_LEVEL_AVX512},
    {"Cooperlake", VECTOR_LEVEL_AVX512}, {"SapphireRapids", VECTOR_LEVEL_AVX512},
};

enum vector_level openblas_core_vector_level(const char *core) {
  for (size_t i = 0; i < sizeof cores / sizeof *cores; i++)
    if (strcasecmp(core, cores[i].name) == 0) return cores[i].level;
  return VECTOR_LEVEL_UNKNOWN;
}

const char *openblas_better_core(const char *core, enum vector_level processor) {
  enum vector_level level = openblas_core_vector_level(core);
  if (level == VECTOR_LEVEL_UNKNOWN || level >= processor) return NULL;
  switch (processor) {
    case VECTOR_LEVEL_AVX512: return "SkylakeX";
    case VECTOR_LEVEL_AVX2: return "Haswell";
    case VECTOR_LEVEL_AVX: return "Sandybridge";
    case VECTOR_LEVEL_SSE:
    case VECTOR_LEVEL_UNKNOWN: return NULL;
  }
}

// What OpenBLAS calls when it is loaded and unloaded. A build for one kind of processor has neither.
void gotoblas_dynamic_init(void) __attribute__((weak));
void gotoblas_dynamic_quit(void) __attribute__((weak));

// Runs after OpenBLAS was loaded and before `main`, while there is no other thread that could read
// the environment or multiply. The operator's own choice is left alone.
__attribute__((constructor)) static void choose_core_type(void) {
  static const char variable[] = "OPENBLAS_CORETYPE";
  // Every product runs on the thread that asks for it.
  openblas_set_num_threads(1);
  const char *chosen = getenv(variable);
  if (chosen && *chosen) return;
  const char *better = openblas_better_core(openblas_get_corename(), processor_vector_level());
  if (!better || !gotoblas_dynamic_init || !gotoblas_dynamic_quit) return;
  // Not by setenv, which moves the environment: where Swift's library is linked statically it looks
  // for the program's arguments below it, after this.
  char setting[64];
  snprintf(setting, sizeof setting, "%s=%s", variable, better);
  char *alone[] = {setting, NULL};
  char **before = environ;
  environ = alone;
  gotoblas_dynamic_quit();
  gotoblas_dynamic_init();
  environ = before;
}
