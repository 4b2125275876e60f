#pragma once

#include <stddef.h>
#include <stdint.h>

// LLVM's compiler-rt, fuzzer/FuzzerInterface.h: libFuzzer without its own main.
int LLVMFuzzerRunDriver(int *count, char ***words, int (*one)(const uint8_t *data, size_t size));
