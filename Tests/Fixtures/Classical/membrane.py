#!/usr/bin/env python3
"""Prints `Sources/CVectorKernels/membrane.h`: the lines of the membrane projections.

    python3 -m pip install numpy==2.4.6 scipy==1.17.1
    python3 Tests/Fixtures/Classical/membrane.py > Sources/CVectorKernels/membrane.h

A line is the centre column of 19 × 19 pixels, turned by SciPy's spline and rounded; even sides put
it off the centre, as `convolve` does.
"""

import numpy as np
from scipy import ndimage

LIST_WIDTH = 96


def kernels():
    column = np.zeros((19, 19))
    column[:, 9] = 1
    return [np.rint(ndimage.rotate(column, angle, order=3, reshape=True))
            for angle in range(0, 180, 6)]


def places(kernel):
    """The pixels that one pixel's sum takes, from it: those that reach it from the middle."""
    middle = np.zeros((61, 61))
    middle[30, 30] = 1
    reached = np.argwhere(ndimage.convolve(middle, kernel) > 0.5)
    return sorted((int(30 - y), int(30 - x)) for y, x in reached)


def network(count, outputs):
    """Batcher's odd-even mergesort, without what the outputs do not depend on."""
    pairs = []
    p = 1
    while p < 32:
        k = p
        while k >= 1:
            for j in range(k % p, 32 - k, 2 * k):
                for i in range(min(k, 32 - j - k)):
                    if (i + j) // (2 * p) == (i + j + k) // (2 * p) and i + j + k < count:
                        pairs.append((i + j, i + j + k))
            k //= 2
        p *= 2
    needed, kept = set(outputs), []
    for a, b in reversed(pairs):
        if a in needed or b in needed:
            kept.append((a, b))
            needed |= {a, b}
    return kept[::-1]


def wrapped(items, indent, width, end=""):
    lines, line = [], indent
    for item in items:
        if len(line) + len(item) + 1 > width:
            lines.append(line.rstrip() + end)
            line = indent
        line += item + " "
    return "\n".join(lines + [line.rstrip()])


LINES = [places(kernel) for kernel in kernels()]

if __name__ == "__main__":
    print(f"""// The pixels of the thirty lines of the membrane projections, made by
// Tests/Fixtures/Classical/membrane.py.
#pragma once

#include <stdint.h>

enum {{ LINES = {len(LINES)}, LINE_PIXELS = {max(map(len, LINES))}, LINE_REACH = \
{max(abs(v) for line in LINES for place in line for v in place)} }};

// Pixels of each line.
static const uint8_t line_lengths[LINES] = {{
{wrapped([f"{len(line)}," for line in LINES], "    ", LIST_WIDTH)}
}};

// Their places from the pixel that they belong to, down and to the right.
static const int8_t line_places[LINES][LINE_PIXELS][2] = {{""")
    for line in LINES:
        print("    {\n" + wrapped([f"{{{y}, {x}}}," for y, x in line], "        ", LIST_WIDTH))
        print("    },")
    print("""};

// A sorting network of 30 values, without what its two middle ones do not depend on: the pairs to
// bring in order, in turn. Source: Batcher 1968, odd-even mergesort.
#define MIDDLE_OF_30(PAIR) \\""")
    pairs = [f"PAIR({a}, {b})" for a, b in network(30, (14, 15))]
    print(wrapped(pairs, "  ", 95, " \\"))
