// What kernels are made of: a card's instructions, or in tests their emulation.
#pragma once

#ifdef __CUDACC__
#include "ptx.h"
#else
#include "emulated.h"
#endif
