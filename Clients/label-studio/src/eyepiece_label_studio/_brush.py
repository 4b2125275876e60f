"""Label Studio's run lengths of a brush's mask.

A stream of bits, the most significant first: 32 for the number of values, 5 for the bits of a value
less one, four times 4 for the bits of a length less one; then blocks of one bit (1 a run, 0 values one
by one), two for which of the four lengths follows, that length less one, and the value or values. A
pixel is four values, those of RGBA.
"""

from __future__ import annotations

import numpy as np

LENGTHS = (3, 4, 8, 16)
LONGEST = 1 << 16


def encoded(mask: np.ndarray) -> list[int]:
    """A mask `[h, w]` as bytes: runs alone, of 255 and 0."""
    values = np.where(mask.ravel(), 255, 0)
    edges = np.flatnonzero(np.diff(values)) + 1
    starts = np.concatenate([[0], edges, [values.size]])
    bits = [f"{values.size * 4:032b}", f"{8 - 1:05b}", *(f"{length - 1:04b}" for length in LENGTHS)]
    for start, end in zip(starts[:-1], starts[1:]):
        left = int(end - start) * 4
        while left:
            run = min(left, LONGEST)
            kind = next(k for k, length in enumerate(LENGTHS) if run <= 1 << length)
            bits.append(f"1{kind:02b}{run - 1:0{LENGTHS[kind]}b}{values[start]:08b}")
            left -= run
    text = "".join(bits)
    text += "0" * (-len(text) % 8)
    return list(int(text, 2).to_bytes(len(text) // 8, "big"))


def decoded(rle: list[int], height: int, width: int) -> np.ndarray:
    """Bytes as a mask `[h, w]`, by the last of each pixel's four values."""
    text = "".join(f"{byte:08b}" for byte in rle)
    place = 0

    def read(bits: int) -> int:
        nonlocal place
        if place + bits > len(text):
            raise ValueError("the run lengths of a brush end early")
        place += bits
        return int(text[place - bits:place], 2)

    count, word = read(32), read(5) + 1
    lengths = [read(4) + 1 for _ in range(4)]
    if count != height * width * 4:
        raise ValueError(f"a brush has {count} values, not those of {width} × {height} pixels")
    values = np.zeros(count, np.uint8)
    done = 0
    while done < count:
        is_run, length = read(1), read(lengths[read(2)]) + 1
        if done + length > count:
            raise ValueError("the run lengths of a brush are too long")
        values[done:done + length] = read(word) if is_run else [read(word) for _ in range(length)]
        done += length
    return values.reshape(height, width, 4)[..., 3] > 0
