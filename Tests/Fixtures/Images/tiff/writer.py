"""Writes TIFFs tag by tag, of kinds that tifffile and Pillow do not write."""

import struct

import numpy as np

SHORT, LONG, RATIONAL, ASCII, BYTE, DOUBLE, FLOAT, LONG8 = 3, 4, 5, 2, 1, 12, 11, 16
FORMATS = {BYTE: "B", SHORT: "H", LONG: "I", DOUBLE: "d", FLOAT: "f", LONG8: "Q"}


def rows_packed(samples, bits, order):
    """Rows of samples, `[height, n]`, padded to whole bytes: packed unless of whole bytes."""
    if samples.dtype.kind == "f" or bits in (8, 16, 32, 64):
        return np.ascontiguousarray(samples.astype(samples.dtype.newbyteorder(order))).tobytes()
    values = samples.astype(np.int64) & ((1 << bits) - 1)
    if bits == 24:
        whole = values.astype("<u4").view(np.uint8).reshape(*values.shape, 4)[..., :3]
        return np.ascontiguousarray(whole[..., ::-1] if order == ">" else whole).tobytes()
    ones = (values[..., None] >> np.arange(bits - 1, -1, -1)) & 1
    return np.packbits(ones.reshape(len(values), -1).astype(np.uint8), axis=1).tobytes()


def cut(pixels, tile=None, rows=None):
    """Strips or padded tiles of `[height, width, n]`."""
    height, width = pixels.shape[:2]
    if tile is None:
        rows = rows or height
        return [pixels[y:y + rows] for y in range(0, height, rows)]
    pad = [(0, -height % tile[0]), (0, -width % tile[1]), (0, 0)]
    padded = np.pad(pixels, pad, mode="edge")
    return [padded[y:y + tile[0], x:x + tile[1]]
            for y in range(0, height, tile[0]) for x in range(0, width, tile[1])]


def page(pixels, bits, photometric, *, order="<", sample_format=1, planar=False, tile=None,
         rows=None, encode=None, compression=1, fill_order=1, tags=None):
    """One page: its tags, and the bytes of its strips or tiles.

    `pixels` are `[height, width, n]` as stored. `encode` packs the bytes of a strip.
    """
    height, width, count = pixels.shape
    planes = [pixels[..., i:i + 1] for i in range(count)] if planar else [pixels]
    data = []
    for plane in planes:
        for piece in cut(plane, tile, rows):
            packed = rows_packed(piece.reshape(len(piece), -1), bits, order)
            packed = encode(packed, piece) if encode else packed
            if fill_order == 2:
                packed = np.packbits(
                    np.unpackbits(np.frombuffer(packed, np.uint8), bitorder="little")).tobytes()
            data.append(packed)
    found = {
        256: (LONG, [width]), 257: (LONG, [height]), 258: (SHORT, [bits] * count),
        259: (SHORT, [compression]), 262: (SHORT, [photometric]), 277: (SHORT, [count]),
        284: (SHORT, [2 if planar else 1]), 339: (SHORT, [sample_format] * count),
    }
    if fill_order == 2:
        found[266] = (SHORT, [2])
    if tile:
        found |= {322: (LONG, [tile[1]]), 323: (LONG, [tile[0]])}
    else:
        found[278] = (LONG, [rows or height])
    found |= tags or {}
    return {tag: value for tag, value in found.items() if value is not None}, data


def values_packed(kind, values, order):
    if kind == ASCII:
        return values if isinstance(values, bytes) else values.encode()
    if kind == RATIONAL:
        return b"".join(struct.pack(order + "II", *value) for value in values)
    return b"".join(struct.pack(order + FORMATS[kind], value) for value in values)


def count_of(kind, values):
    return len(values if isinstance(values, bytes) else values.encode()) if kind == ASCII \
        else len(values)


def tiff(pages, order="<", big=False, last=0, behind=b""):
    """A file of pages; the pointer behind the last one is `last`, "loop" leads to the first."""
    width, entry = (8, 20) if big else (4, 12)
    pointer = order + ("Q" if big else "I")
    out = bytearray(b"II" if order == "<" else b"MM")
    out += struct.pack(order + "HHH", 43, 8, 0) if big else struct.pack(order + "H", 42)
    link = len(out)
    out += bytes(width)
    first = None
    for tags, data in pages:
        offsets = []
        for piece in data:
            out += bytes(len(out) % 2)
            offsets.append(len(out))
            out += piece
        tags = dict(tags)
        tiled = 322 in tags
        if offsets:
            tags.setdefault(324 if tiled else 273, (LONG, offsets))
            tags.setdefault(325 if tiled else 279, (LONG, [len(piece) for piece in data]))
        large = {}
        for tag, (kind, values) in tags.items():
            packed = values_packed(kind, values, order)
            if len(packed) > width:
                out += bytes(len(out) % 2)
                large[tag] = len(out)
                out += packed
        out += bytes(len(out) % 2)
        struct.pack_into(pointer, out, link, len(out))
        first = first or len(out)
        out += struct.pack(order + ("Q" if big else "H"), len(tags))
        for tag, (kind, values) in sorted(tags.items()):
            out += struct.pack(order + "HH", tag, kind)
            out += struct.pack(pointer, count_of(kind, values))
            packed = values_packed(kind, values, order)
            out += struct.pack(pointer, large[tag]) if tag in large else packed.ljust(width, b"\0")
        link = len(out)
        out += bytes(width)
    struct.pack_into(pointer, out, link, first if last == "loop" else last)
    return bytes(out) + behind
