// Source: memfd_create(2), which Glibc declares for GNU sources alone.
#define _GNU_SOURCE
#include "CDriver.h"

#include <sys/mman.h>

int shared_memory_make(void) { return memfd_create("eyepiece", MFD_CLOEXEC); }
