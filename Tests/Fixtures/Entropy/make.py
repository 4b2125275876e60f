#!/usr/bin/env python3
"""Pictures of grey levels and the entropy around each of their pixels, as scikit-image has it.

    python3 -m pip install numpy==2.4.6 scikit-image==0.25.2
    python3 Tests/Fixtures/Entropy/make.py

`entropy.json` holds cases of `width`, `height`, `radius`, `levels` and `entropy`, rows in turn.
"""

import json
import pathlib

import numpy as np
from skimage.filters import rank
from skimage.morphology import disk

RANDOM = np.random.default_rng(7)


def texture(height, width):
    """Smooth on the left, busy on the right, few levels at the top."""
    y, x = np.mgrid[0:height, 0:width]
    levels = 128 + 60 * np.sin(x / 9) + RANDOM.standard_normal((height, width)) * x
    levels[: height // 4] = np.round(levels[: height // 4] / 64) * 64
    return np.clip(levels, 0, 255).astype(np.uint8)


CASES = [
    (texture(37, 45), 10),
    (RANDOM.integers(0, 256, (6, 9)).astype(np.uint8), 10),
    (RANDOM.integers(0, 4, (30, 1)).astype(np.uint8), 10),
    (np.full((12, 25), 77, np.uint8), 10),
    (texture(20, 24), 3),
]

cases = [
    {
        "width": levels.shape[1],
        "height": levels.shape[0],
        "radius": radius,
        "levels": levels.ravel().tolist(),
        "entropy": [round(float(e), 7) for e in rank.entropy(levels, disk(radius)).ravel()],
    }
    for levels, radius in CASES
]
path = pathlib.Path(__file__).parent / "entropy.json"
path.write_text(json.dumps(cases, separators=(",", ":")) + "\n")
