"""TIFFs at random over types, layouts and compressions."""

import numpy as np

import kinds
from kinds import FLOAT, SIGNED, UNSIGNED

TYPES = [(UNSIGNED, bits) for bits in (1, 2, 4, 8, 8, 10, 12, 14, 16, 16, 16, 24, 32, 64)] \
    + [(SIGNED, bits) for bits in (8, 16, 16, 32, 64)] \
    + [(FLOAT, bits) for bits in (16, 24, 32, 32, 64)]


def packed(name, random):
    """Tag by tag: any type, any number of channels, strips, tiles, planes, orders."""
    number, bits = TYPES[random.integers(len(TYPES))]
    channels = int(random.choice([1, 1, 1, 2, 3, 4, 5, 8]))
    photometric = int(random.choice([0, 1, 1, 1]))
    if channels == 3 and random.random() < 0.5:
        photometric = 2
    layout = {"tile": (16 * int(random.integers(1, 4)), 16 * int(random.integers(1, 4)))} \
        if random.random() < 0.4 else {"rows": int(random.integers(1, 40))}
    whole = bits in (8, 16, 24, 32, 64)
    return kinds.plain(
        name, random, number=number, bits=bits, channels=channels, photometric=photometric,
        size=(int(random.integers(1, 70)), int(random.integers(1, 70))),
        order="<>"[random.integers(2)], big=bool(random.random() < 0.3),
        compression=int(random.choice([1, 1, 5, 8, 32946, 50000, 34925])),
        fill_order=2 if whole and random.random() < 0.1 else 1,
        planar=bool(channels > 1 and random.random() < 0.5), **layout)


def predicted(name, random):
    """Written by tifffile, with predictors."""
    number, bits = [(UNSIGNED, 8), (UNSIGNED, 16), (UNSIGNED, 32), (SIGNED, 8), (SIGNED, 16),
                    (SIGNED, 32), (FLOAT, 16), (FLOAT, 32), (FLOAT, 64)][random.integers(9)]
    channels = int(random.choice([1, 3]))
    size = (int(random.integers(2, 70)), int(random.integers(2, 70)))
    planar = channels == 3 and random.random() < 0.4
    shape = size if channels == 1 else (3, *size) if planar else (*size, 3)
    layout = {"tile": (16, 32)} if random.random() < 0.5 \
        else {"rowsperstrip": int(random.integers(1, 30))}
    return kinds.by_tifffile(
        name, kinds.stored(random, shape, number, bits), number, bits,
        "grey" if channels == 1 else "colour", predictor=True,
        compression=str(random.choice(["lzw", "zlib", "zstd", "lzma"])),
        photometric="minisblack" if channels == 1 else "rgb",
        planarconfig="separate" if planar else "contig" if channels == 3 else None,
        byteorder="<>"[random.integers(2)], bigtiff=bool(random.random() < 0.3), **layout)


def other(name, random):
    """Codecs, alpha, palettes, inks, chroma in blocks."""
    size = (int(random.integers(2, 60)), int(random.integers(2, 60)))
    order = "<>"[random.integers(2)]
    layout = {"tile": (16, 16)} if random.random() < 0.5 else {"rows": int(random.integers(1, 20))}
    kind = random.integers(8)
    if kind == 0:
        number, bits = [(UNSIGNED, 8), (UNSIGNED, 16), (FLOAT, 32), (FLOAT, 64)][
            random.integers(4)]
        return kinds.by_tifffile(
            name, kinds.stored(random, size, number, bits), number, bits, "grey",
            compression="lerc", compressionargs={"level": 0}, byteorder="<",
            photometric="minisblack")
    if kind == 1:
        return kinds.by_tifffile(
            name, kinds.stored(random, size, UNSIGNED, 8), UNSIGNED, 8, "grey",
            compression="packbits", byteorder=order, photometric="minisblack")
    if kind == 2:
        return kinds.by_tifffile(
            name, kinds.stored(random, (*size, 3), UNSIGNED, 8), UNSIGNED, 8, "colour",
            compression="webp", compressionargs={"lossless": True}, photometric="rgb",
            byteorder=order)
    if kind == 3:
        return kinds.premultiplied(
            name, random, size=size, bits=int(random.choice([8, 16])), order=order,
            channels=int(random.choice([1, 3])), planar=bool(random.integers(2)), **layout)
    if kind == 4:
        return kinds.palette(
            name, random, size=size, bits=int(random.choice([1, 2, 4, 8])), order=order,
            eight_bit_map=bool(random.integers(2)), **layout)
    if kind == 5:
        return kinds.inks(
            name, random, size=size, bits=int(random.choice([8, 16])), order=order,
            planar=bool(random.integers(2)), **layout)
    block = [(1, 1), (2, 1), (2, 2), (4, 1), (4, 2), (4, 4), (1, 2)][random.integers(7)]
    return kinds.ycbcr(
        name, random, size=size, block=block, order=order,
        compression=int(random.choice([1, 5, 8])),
        **({"tile": (16, 32)} if random.integers(2) else {"rows": 4 * int(random.integers(1, 6))}))


def combinations(count):
    random = np.random.default_rng(31)
    for index in range(count):
        kind = [packed, packed, packed, predicted, other][index % 5]
        yield kind(f"{index:04}_{kind.__name__}", random)
