"""DINOv2 ViT-S/14 as the peers compute it: its numbers, its weights, its table of positions."""

import math

import numpy as np
from safetensors import safe_open
from safetensors.numpy import load_file

PATCH, DIM, DEPTH, HEADS, EPSILON = 14, 384, 12, 6, 1e-6
TABLE = 37
MEAN = np.array([0.485, 0.456, 0.406], np.float32)
DEVIATION = np.array([0.229, 0.224, 0.225], np.float32)

# The identity, then eight directions at distances 1 and 2.
SHIFTS = [(0, 0)] + [
    (d * y, d * x) for d in (1, 2) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0)]


def grid(height, width, stride):
    return 1 + (height - PATCH) // stride, 1 + (width - PATCH) // stride


def cubic(x, a=-0.75):
    x = abs(x)
    if x <= 1:
        return (a + 2) * x**3 - (a + 3) * x**2 + 1
    return a * (x**3 - 5 * x**2 + 8 * x - 4) if x < 2 else 0.0


def resampling(length):
    """The matrix from the table's positions to `length`, [length, TABLE], by the +0.1 rule."""
    matrix = np.zeros((length, TABLE))
    for i in range(length):
        place = (i + 0.5) * TABLE / (length + 0.1) - 0.5
        for j in range(math.floor(place) - 1, math.floor(place) + 3):
            matrix[i, min(max(j, 0), TABLE - 1)] += cubic(place - j)
    return matrix


def positions(path, height, width, stride):
    """What is added to the tokens, the class token's own vector first, [1 + grid, DIM]."""
    with safe_open(path, "numpy") as weights:
        table = weights.get_tensor("pos_embed")[0].astype(np.float64)
        first = weights.get_tensor("cls_token")[0, 0] + table[0]
    rows, columns = grid(height, width, stride)
    patches = table[1:]
    if (rows, columns) != (TABLE, TABLE) or height != width:
        patches = np.einsum(
            "ij,kl,jlc->ikc", resampling(rows), resampling(columns),
            patches.reshape(TABLE, TABLE, DIM), optimize=True).reshape(-1, DIM)
    return np.concatenate([first[None], patches]).astype(np.float32)


def load(path):
    """Meta's tensors, with LayerScale multiplied into the layers before it, which changes nothing
    but saves every peer two passes a block."""
    weights = load_file(path)
    for block in range(DEPTH):
        for scale, layer in (("ls1", "attn.proj"), ("ls2", "mlp.fc2")):
            gamma = weights.pop(f"blocks.{block}.{scale}.gamma")
            for part in ("weight", "bias"):
                values = weights[f"blocks.{block}.{layer}.{part}"]
                values *= gamma[:, None] if part == "weight" else gamma
    return weights


def noise(height, width):
    """The grey noise that eyepiece-bench encodes too, [3, height, width]: a congruential sequence,
    many steps at once."""
    powers = np.cumprod(np.full(1 << 16, 6364136223846793005, np.uint64))
    sums = np.cumsum(np.concatenate([np.ones(1, np.uint64), powers[:-1]]))
    values, state = np.empty(3 * height * width, np.float32), np.uint64(1)
    for start in range(0, len(values), len(powers)):
        states = powers * state + sums * np.uint64(1442695040888963407)
        part = values[start:start + len(powers)]
        part[:] = (states[:len(part)] >> np.uint64(40)).astype(np.float32) / (1 << 23) - 1
        state = states[-1]
    return values.reshape(3, height, width)


def views(image, count, batch=1):
    """Shifted views, the first ones again after all of SHIFTS, some at a time,
    [batch, 3, height, width]."""
    for start in range(0, count, batch):
        yield np.stack([np.roll(image, SHIFTS[index % len(SHIFTS)], (1, 2))
                        for index in range(start, start + batch)])
