"""A TIFF of grey pages."""

from __future__ import annotations

import struct

import numpy as np


def tiff(pages: list[np.ndarray]) -> bytes:
    """Uncompressed pages of bytes, `[h, w]` each, of one strip.

    Source: TIFF 6.0, §2 and §4.
    """
    out = b"II*\0" + struct.pack("<I", 8)
    for number, page in enumerate(pages):
        height, width = page.shape
        data = np.ascontiguousarray(page, np.uint8).tobytes()
        data += b"\0" * (len(data) % 2)
        tags = (
            (256, width), (257, height), (258, 8), (259, 1), (262, 1), (273, len(out) + 2 + 9 * 12 + 4),
            (277, 1), (278, height), (279, height * width))
        following = len(out) + 2 + 9 * 12 + 4 + len(data) if number + 1 < len(pages) else 0
        out += struct.pack("<H", len(tags))
        out += b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
        out += struct.pack("<I", following) + data
    return out
