"""Makes a few hundred pictures in a folder, with the samples that other readers see in them.

Run with numpy 2.4.6, Pillow 13.0.0, imagecodecs 2026.3.6:  python3 wide.py FOLDER
Then:  EYEPIECE_WIDE_FORMATS=FOLDER swift test --filter WideComparisonTests
"""

import io
import json
import pathlib
import sys

import imagecodecs
import numpy as np
from PIL import Image

from make import bmp, bmp_rows, decoded, mrc, npy, palette, run_lengths, saved

FOLDER = pathlib.Path(sys.argv[1])
RANDOM = np.random.default_rng(1)
SIZES = [(1, 1), (1, 7), (9, 1), (8, 8), (33, 21), (64, 100), (257, 130)]
entries = []


def add(name, data, pixels, page=0, tolerance=0):
    pixels = np.ascontiguousarray(decoded(pixels))
    (FOLDER / name).write_bytes(data)
    pixels.astype(pixels.dtype.newbyteorder("<")).tofile(FOLDER / f"{name}.{page}.raw")
    shape = pixels.shape if pixels.ndim == 3 else (*pixels.shape, 1)
    entries.append({"file": name, "page": page, "shape": shape, "depth": pixels.dtype.name,
                    "tolerance": tolerance})


def noise(width, height, dtype, channels=1, below=None):
    shape = (height, width) if channels == 1 else (height, width, channels)
    if np.dtype(dtype).kind == "f":
        return (RANDOM.standard_normal(shape) * 1000).astype(dtype)
    limits = np.iinfo(dtype)
    return RANDOM.integers(limits.min, below or limits.max, shape, dtype=dtype,
                           endpoint=below is None)


def smooth(width, height, channels):
    y, x = np.mgrid[0:height, 0:width]
    planes = [128 + 100 * np.sin(x / (7 + c) + y / (9 - c)) for c in range(channels)]
    return np.stack(planes, -1).astype(np.uint8).squeeze(-1 if channels == 1 else ())


def seen(data):
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image.convert("RGB"))


for width, height in SIZES:
    size = f"{width}x{height}"
    grey, rgb = noise(width, height, np.uint8), noise(width, height, np.uint8, 3)
    for name, pixels in (("grey", grey), ("rgb", rgb)):
        image = Image.fromarray(pixels)
        data = saved(image, "BMP")
        add(f"{name}_{size}.bmp", data, pixels)
        add(f"{name}_{size}.pnm", saved(image, "PPM"), pixels)
        add(f"{name}_{size}.jp2", imagecodecs.jpeg2k_encode(pixels, level=0, reversible=True), pixels)
        add(f"{name}_{size}.j2k", imagecodecs.jpeg2k_encode(
            pixels, level=0, reversible=True, codecformat="j2k", resolutions=2), pixels)
        data = saved(image, "JPEG2000", tile_size=(16, 16), irreversible=False, num_resolutions=2)
        add(f"tiles_{name}_{size}.jp2", data, pixels)
        data = saved(image, "JPEG2000", irreversible=True, quality_mode="rates",
                     quality_layers=[20, 10, 4])
        pixels_of = seen(data)
        add(f"lossy_{name}_{size}.jp2", data, pixels_of if name == "rgb" else pixels_of[..., 0],
            tolerance=1)
        add(f"{name}_{size}.png", saved(image, "PNG"), pixels)
        for quality in (50, 95):
            data = saved(image, "JPEG", quality=quality, progressive=quality == 95)
            add(f"{name}_{size}_{quality}.jpg", data,
                seen(data) if name == "rgb" else seen(data)[..., 0], tolerance=2)
    for bits in (1, 4, 8):
        indices = noise(width, height, np.uint8, below=1 << bits)
        colours = palette(1 << bits)
        data = bmp(bmp_rows(indices, bits), width, height, bits, palette=colours)
        add(f"palette{bits}_{size}.bmp", data, seen(data))
        if bits > 1:
            indices = np.repeat(indices, 4, 1)[:, :width]
            data = bmp(run_lengths(indices, bits), width, height, bits, method=3 - bits // 4,
                       palette=colours)
            add(f"runs{bits}_{size}.bmp", data, seen(data))
    picture = Image.fromarray(smooth(width, height, 3))
    for name, how in (("lossless", {"lossless": True}), ("lossy", {"quality": 70}),
                      ("fine", {"quality": 99, "method": 6})):
        data = saved(picture, "WEBP", **how)
        add(f"{name}_{size}.webp", data, seen(data))
    rgba = np.dstack([smooth(width, height, 3), noise(width, height, np.uint8)])
    data = saved(Image.fromarray(rgba), "WEBP", lossless=True, exact=True)
    add(f"alpha_{size}.webp", data, rgba[..., :3])
    for colours in (3, 64, 256):
        data = saved(picture.quantize(colours), "GIF", interlace=colours == 64)
        pixels = seen(data)
        is_grey = (pixels == pixels[..., :1]).all()
        add(f"palette{colours}_{size}.gif", data, pixels[..., 0] if is_grey else pixels)
    for bits, dtype in ((2, np.uint8), (5, np.uint8), (10, np.uint16), (16, np.uint16)):
        pixels = noise(width, height, dtype, below=(1 << bits))
        data = imagecodecs.jpeg2k_encode(pixels, level=0, reversible=True, bitspersample=bits)
        top = (1 << bits) - 1
        wide = ((pixels.astype(int) * 255 + top // 2) // top).astype(np.uint8)
        add(f"bits{bits}_{size}.jp2", data, wide if bits < 8 else pixels)
    pixels = noise(width, height, np.int16)
    add(f"signed_{size}.jp2", imagecodecs.jpeg2k_encode(pixels, level=0, reversible=True), pixels)
    # imagecodecs takes an axis of 1 for that of planes.
    for channels in (2, 7) if min(width, height) > 1 else ():
        pixels = noise(width, height, np.uint16, channels)
        add(f"channels{channels}_{size}.j2k", imagecodecs.jpeg2k_encode(
            pixels, level=0, reversible=True, codecformat="j2k", mct=False), pixels)
    for mode, dtype in ((0, np.int8), (1, np.int16), (2, np.float32), (6, np.uint16),
                        (12, np.float16)):
        for endian in "<>":
            stack = np.stack([noise(width, height, dtype) for _ in range(2)])
            add(f"mode{mode}_{size}_{'big' if endian == '>' else 'little'}.mrc",
                mrc(stack, mode, endian, extended=b"\0" * 80), stack[1], 1)
    for code in ("|u1", "|i1", "<u2", ">u2", "<i2", ">i2", "<u4", ">i4", "<u8", "<i8", "<f2", ">f2",
                 "<f4", ">f4", "<f8", ">f8"):
        pixels = noise(width, height, np.dtype(code).newbyteorder("=")).astype(code)
        add(f"{code[1:]}_{'big' if code[0] == '>' else 'little'}_{size}.npy", npy(pixels), pixels)

(FOLDER / "list.json").write_text(json.dumps(entries))
print(len(entries), "pictures")
