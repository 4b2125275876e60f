#define _GNU_SOURCE
#include "CMockLibrary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulator.h"
#include "kernels.h"

static unsigned argument_bytes(const char *name) {
  const struct kernel *kernel = kernel_named(name);
  return kernel ? kernel->argument_bytes : 0;
}

static double seconds_of(const char *name, unsigned x, unsigned y, unsigned z,
                         const void *arguments) {
  const double rate = 20e12, least = 5e-6;
  double operations = 0;
  if (!strncmp(name, "product_", 8)) {
    const struct product_arguments *product = arguments;
    operations = 2.0 * y * PRODUCT_ROWS * product->columns * product->depth;
  }
  if (!strncmp(name, "attend_", 7)) {
    const struct attend_arguments *attend = arguments;
    operations = 4.0 * x * ATTEND_QUERIES * attend->tokens * HEAD_DIM * y * z;
  }
  // Three products of halves.
  if (strstr(name, "split16")) operations *= 3;
  return least + operations / rate;
}

/// The value of a word, up to the next space; empty without one.
static void value_of(const char *words, const char *name, char *value, size_t bytes) {
  const char *found = strstr(words, name);
  size_t length = found ? strcspn(found + strlen(name), " \n") : 0;
  snprintf(value, bytes, "%.*s", (int)length, found ? found + strlen(name) : "");
}

void mock_set_up(const char *words) {
  char seed[32], kernels[32], plan[256];
  value_of(words, "seed=", seed, sizeof seed);
  value_of(words, "kernels=", kernels, sizeof kernels);
  value_of(words, "plan=", plan, sizeof plan);
  int emulates = !strcmp(kernels, "emulated");
  mock_reset(*seed ? strtoull(seed, NULL, 10) : 1, emulates ? emulator_launch : NULL,
             emulates ? argument_bytes : NULL);
  if (!strcmp(kernels, "timed")) mock_pace(seconds_of);
  if (*plan) mock_plan_file(plan);
}

__attribute__((constructor)) static void begin(void) {
  const char *words = getenv("MOCK_DRIVER");
  mock_set_up(words ? words : "");
  if (words) mock_plan(words);
}
