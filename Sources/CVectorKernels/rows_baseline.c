#define NAME "baseline"
#define SET row_kernels_baseline
#include "rows_body.h"
