// All kernels for one card.
#include "attend.h"
#include "class_token.h"
#include "finish.h"
#include "list.h"
#include "mean.h"
#include "norm.h"
#include "patches.h"
#include "product.h"

// As many blocks as a multiprocessor can hold if a thread uses all its registers: with so many to
// hold the compiler uses no more.
constexpr int blocks(int threads, int registers) { return 65536 / (threads * registers); }

#define KERNEL_ROW(name, arguments, threads, shared, registers, ...) \
  KERNEL(threads, blocks(threads, registers)) name(const arguments p) { __VA_ARGS__(p); }

KERNEL_LIST
