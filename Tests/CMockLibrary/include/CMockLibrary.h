/// The driver of CMockDriver with a card's work behind it: as a library that a program can open in
/// place of `libcuda.so.1`, and for programs that are linked with it.
///
/// The environment's `MOCK_DRIVER` has words for it: `seed=N`; `kernels=emulated` lets kernels compute,
/// `kernels=timed` lets them do nothing for as long as a card of 20·10¹² operations a second needs,
/// else they do nothing at once; `plan=FILE` as in `mock_plan_file`; and what `mock_plan` takes.
#pragma once

#include "CMockDriver.h"

/// Makes the made-up driver as words say.
void mock_set_up(const char *words);
