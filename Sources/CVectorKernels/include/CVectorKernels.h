#pragma once

#include "encoder_kernels.h"
#include "rows.h"
