// The table of picture_kernels.h for one kind of CPU. Needs LANES, NAME and PICTURE_SET.
#include "classical.h"
#include "projections.h"

const struct picture_kernels PICTURE_SET = {
    .name = NAME,
    .scale_scratch = scale_scratch,
    .membrane_scratch = membrane_scratch,
    .scales = scales,
    .differences = differences,
    .membrane = membrane,
};
