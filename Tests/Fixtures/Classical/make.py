#!/usr/bin/env python3
"""Grey pictures and their 58 classical features, as scikit-image and SciPy have them.

    python3 -m pip install numpy==2.4.6 scipy==1.17.1 scikit-image==0.26.0
    python3 Tests/Fixtures/Classical/make.py

`classical.safetensors` holds `picture.0`, uint8 `[height, width]`, and `features.0`, float32
`[58, height, width]`, and so on. Along an axis of one pixel NumPy's `gradient` is undefined; here it
is zero. `membrane.py` makes the table of lines that the program has.
"""

import pathlib
import sys

import numpy as np
from membrane import kernels
from scipy import ndimage
from skimage import filters

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from tensor_file import save  # noqa: E402

RANDOM = np.random.default_rng(58)


def gradient(values, axis):
    return np.gradient(values, axis=axis) if values.shape[axis] > 1 else np.zeros_like(values)


def hessian(g):
    down, across = gradient(g, 0), gradient(g, 1)
    a, b, d = gradient(down, 0), gradient(down, 1), gradient(across, 1)
    root = np.sqrt(4 * b * b + (a - d) ** 2)
    return [np.sqrt(a * a + b * b + d * d), a + d, a * d - b * b, (a + d + root) / 2,
            (a + d - root) / 2]


def features(u):
    u = u.astype(np.float64)
    f = u / 255
    channels = [u, filters.sobel(f)] + hessian(u)
    blurred = []
    for sigma in (1, 2, 4, 8, 16):
        g = filters.gaussian(f, sigma=0.4 * sigma, mode="nearest", truncate=4.0)
        blurred.append(g)
        channels += [g, filters.sobel(g)] + hessian(g)
    channels += [blurred[j] - blurred[i] for i in range(5) for j in range(i)]
    # SciPy 1.17's own reflection reads beyond sides of two pixels.
    padded = np.pad(f, 40, mode="symmetric")
    sums = np.stack([ndimage.convolve(padded, k)[40:-40, 40:-40] for k in kernels()])
    channels += [sums.mean(0), sums.max(0), sums.min(0), sums.sum(0), sums.std(0),
                 np.median(sums, 0)]
    return np.stack(channels)


def texture(height, width):
    y, x = np.mgrid[:height, :width]
    noise = 20 * RANDOM.standard_normal((height, width))
    levels = 128 + 50 * np.sin(x / 5) + 40 * np.cos(y / 7) + noise
    levels[(x - 20) ** 2 + (y - 12) ** 2 < 60] = 230
    return np.clip(levels, 0, 255).astype(np.uint8)


PICTURES = [texture(31, 37), texture(1, 1), texture(1, 9), texture(12, 1), texture(2, 21),
            texture(3, 3), np.full((6, 7), 77, np.uint8), texture(30, 4)]

if __name__ == "__main__":
    tensors = {}
    for index, picture in enumerate(PICTURES):
        tensors[f"features.{index}"] = features(picture).astype(np.float32)
    for index, picture in enumerate(PICTURES):
        tensors[f"picture.{index}"] = picture
    save(HERE / "classical.safetensors", tensors)
