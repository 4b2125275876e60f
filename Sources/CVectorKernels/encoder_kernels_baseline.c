#define LANES 4
#define LAYER_ROWS 6
#define LAYER_VECTORS 2
#define ATTENTION_ROWS 6
#define ATTENTION_VECTORS 2
#define NAME "baseline"
#define SET encoder_kernels_baseline
#include "encoder_kernels_body.h"
