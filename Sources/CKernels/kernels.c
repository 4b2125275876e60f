// The list of the kernels.
#include "kernels.h"

#include <stddef.h>
#include <string.h>

#include "Kernels/list.h"

#define KERNEL_ROW(name, arguments, threads, shared, registers, ...) \
  {#name, threads, shared, sizeof(struct arguments), registers},

static const struct kernel kernels[] = {KERNEL_LIST};

const struct kernel *kernel_at(int index) {
  int count = sizeof kernels / sizeof *kernels;
  return index >= 0 && index < count ? &kernels[index] : NULL;
}

const struct kernel *kernel_named(const char *name) {
  for (int i = 0; kernel_at(i); i++)
    if (strcmp(kernel_at(i)->name, name) == 0) return kernel_at(i);
  return NULL;
}
