#!/usr/bin/env python3
"""Label images, and what scikit-image measures of their objects.

    python3 -m pip install numpy==2.4.6 scipy==1.17.1 scikit-image==0.26.0
    python3 Tests/Fixtures/Objects/make.py

`objects.safetensors` holds `labels`, uint8 `[images, height, width]`, and for each image N the
objects of all classes, connected over corners: `N.objects`, int32 `[height, width]`, and
`N.table`, float64 `[objects, 14]`: class, area, centroid's row and column, axes, eccentricity,
orientation, perimeter, Crofton's, Euler number, diameter, area of the convex hull, largest diameter.
"""

import math
import pathlib
import sys

import numpy as np
from scipy import ndimage
from skimage.measure import label, regionprops

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from tensor_file import save  # noqa: E402

RANDOM = np.random.default_rng(5)
IMAGES, HEIGHT, WIDTH = 50, 20, 26


def picture(index):
    noise = ndimage.gaussian_filter(RANDOM.standard_normal((HEIGHT, WIDTH)), 0.5 + index % 5 / 2)
    noise /= noise.std()
    return np.digitize(noise, [-0.8, 0.3, 1.1]).astype(np.uint8)


def row(labels, region):
    y, x = region.coords[0]
    return [labels[y, x], region.area, *region.centroid, region.axis_major_length,
            region.axis_minor_length, region.eccentricity, region.orientation, region.perimeter,
            region.perimeter_crofton, region.euler_number, math.sqrt(4 * region.area / math.pi),
            region.area_convex, region.feret_diameter_max]


if __name__ == "__main__":
    tensors, pictures = {}, []
    for index in range(IMAGES):
        labels = picture(index)
        objects = label(labels, connectivity=2)
        pictures.append(labels)
        tensors[f"{index}.objects"] = objects.astype(np.int32)
        tensors[f"{index}.table"] = np.array(
            [row(labels, region) for region in regionprops(objects)], np.float64)
    tensors["labels"] = np.stack(pictures)
    save(HERE / "objects.safetensors", tensors)
