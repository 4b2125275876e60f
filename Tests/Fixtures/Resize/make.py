"""Makes `resize.safetensors`: pictures, and what Pillow makes of them in other sizes.

`grey.37x23` is a picture, `grey.37x23.16` the same with 16 pixels on its longest side.

Run with numpy 2.4.6, Pillow 12.2.0, safetensors 0.8.0:  python3 make.py
Pillow 13 at times resizes the columns before the rows, which shows where samples are clipped.
"""

import pathlib

import numpy as np
from PIL import Image
from safetensors.numpy import save_file

HERE = pathlib.Path(__file__).parent
RANDOM = np.random.default_rng(20240608)
# Width, height, and longest sides: smaller and greater, odd, next to one another, a single pixel.
CASES = [
    (37, 23, [16, 36, 38, 61]),
    (24, 48, [12, 31, 47, 90]),
    (83, 60, [7, 71]),
    (13, 13, [1, 40]),
    (1, 9, [4, 20]),
    (9, 1, [4, 20]),
    (1, 1, [1, 3]),
    (200, 2, [11]),
]


def picture(width, height, channels):
    """Waves, edges from 0 to 1 and noise, so that bicubic overshoots are clipped: 0 to 1."""
    y, x = np.mgrid[0:height, 0:width]
    planes = []
    for channel in range(channels):
        waves = 0.5 + 0.5 * np.sin(x / (2 + channel) + y / (3 - channel))
        edges = (x // 5 + y // 7 + channel) % 2
        noise = RANDOM.random((height, width))
        planes.append(np.where(x % 11 < 5, edges, 0.7 * waves + 0.3 * noise))
    return np.stack(planes, -1)


def fitted(width, height, longest):
    scale = longest / max(width, height)
    return max(1, int(width * scale + 0.5)), max(1, int(height * scale + 0.5))


def resized(image, size):
    if image.mode != "I;16":
        return image.resize(size, Image.Resampling.BICUBIC)
    # Pillow 12 rounds the two bytes of such levels each by itself: let it mix floats instead.
    levels = np.asarray(image).astype(np.float32)
    for step in ((size[0], image.height), size):
        mixed = Image.fromarray(levels).resize(step, Image.Resampling.BICUBIC)
        levels = np.clip(np.floor(np.asarray(mixed) + np.float32(0.5)), 0, 65535)
    return levels.astype(np.uint16)


tensors = {}
for width, height, sides in CASES:
    grey, colour = picture(width, height, 1), picture(width, height, 3)
    kinds = {
        "grey": Image.fromarray((grey[..., 0] * 255).round().astype(np.uint8)),
        "rgb": Image.fromarray((colour * 255).round().astype(np.uint8)),
        "deep": Image.fromarray((grey[..., 0] * 65535).round().astype(np.uint16)),
        "float": Image.fromarray((grey[..., 0] * 3 - 1).astype(np.float32)),
    }
    for kind, image in kinds.items():
        name = f"{kind}.{width}x{height}"
        tensors[name] = np.ascontiguousarray(np.asarray(image))
        for side in sides:
            tensors[f"{name}.{side}"] = np.ascontiguousarray(
                np.asarray(resized(image, fitted(width, height, side))))

save_file(tensors, HERE / "resize.safetensors")
