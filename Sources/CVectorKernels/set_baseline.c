// Any CPU: four floats a register (SSE2, NEON), products and sums rounded apart on x86.
#define LANES 4
#define MULTIPLIES_BFLOAT16 0
#define MULTIPLIES_INT8 0
#define NAME "baseline"
#define ENCODER_SET encoder_kernels_baseline
#define ROW_SET row_kernels_baseline
#define PICTURE_SET picture_kernels_baseline
#define SCORE_SET score_kernels_baseline
#include "encoder.h"
#include "rows.h"
#include "pictures.h"
#include "scores.h"
