"""The brush by its rule alone: every pixel of the image is asked whether it is near enough."""

import math
from fractions import Fraction


def snap(x, y, diameter):
    """The position of a brush nearest to a place, in half pixels."""
    if diameter % 2:
        return 2 * math.floor(x) + 1, 2 * math.floor(y) + 1
    # Halves are rounded up.
    return 2 * math.floor(x + 0.5), 2 * math.floor(y + 0.5)


def is_near(px, py, a, b, diameter):
    """Whether a pixel's centre is within half the diameter of the segment from a to b."""
    cx, cy = 2 * px + 1, 2 * py + 1
    vx, vy = b[0] - a[0], b[1] - a[1]
    length = vx * vx + vy * vy
    t = Fraction(0) if length == 0 else Fraction((cx - a[0]) * vx + (cy - a[1]) * vy, length)
    t = min(max(t, Fraction(0)), Fraction(1))
    dx, dy = cx - a[0] - t * vx, cy - a[1] - t * vy
    return dx * dx + dy * dy <= diameter * diameter


def paint(labels, width, height, places, diameter, value):
    """Sets the pixels of a stroke through places, given as x and y in pixels."""
    stops = [snap(x, y, diameter) for x, y in places]
    segments = list(zip(stops, stops[1:])) or [(stops[0], stops[0])]
    for y in range(height):
        for x in range(width):
            if any(is_near(x, y, a, b, diameter) for a, b in segments):
                labels[y * width + x] = value
