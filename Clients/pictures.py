"""Made-up micrographs and the strokes on them."""

import numpy as np


def micrograph(height=64, width=96, seed=0):
    """Two phases, dark on the left, with a little noise; uint8 `[height, width]`."""
    noise = np.random.default_rng(seed).integers(0, 20, (height, width))
    return (np.where(np.arange(width) < width // 2, 60, 180) + noise).astype(np.uint8)


def strokes(height=64, width=96):
    """A stroke of each phase: 1 on the left, 2 on the right."""
    labels = np.zeros((height, width), np.uint8)
    labels[10:14, 8:30], labels[40:44, 60:85] = 1, 2
    return labels
