#define LANES 4
#define TILE_VECTORS 2
#define NAME "baseline"
#define SET encoder_kernels_baseline
#include "encoder_kernels_body.h"
