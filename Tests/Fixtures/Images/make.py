"""Makes the pictures in this folder, and `expected.json`: what Pillow and tifffile see in them.

Run with numpy 2.4.6, Pillow 13.0.0, tifffile 2026.3.3, imagecodecs 2026.3.6:  python3 make.py
"""

import base64
import json
import pathlib
import struct
import zlib

import imagecodecs
import numpy as np
import tifffile
from PIL import Image

HERE = pathlib.Path(__file__).parent
WIDTH, HEIGHT = 17, 13
RANDOM = np.random.default_rng(20240607)
entries = []


def noise(dtype, channels=1, below=None):
    """A ramp with noise on it, so that no two rows or columns are equal."""
    shape = (HEIGHT, WIDTH) if channels == 1 else (HEIGHT, WIDTH, channels)
    if np.dtype(dtype).kind == "f":
        return (RANDOM.standard_normal(shape) * 40 + 100).astype(dtype)
    return RANDOM.integers(0, below or np.iinfo(dtype).max + 1, shape).astype(dtype)


def smooth(channels):
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    planes = [128 + 100 * np.sin(x / (3 + c) + y / (5 - c)) for c in range(channels)]
    return np.stack(planes, -1).astype(np.uint8).squeeze()


def expect(name, pixels, page=0, pages=1, tolerance=0):
    pixels = np.ascontiguousarray(pixels)
    entries.append({
        "file": name, "page": page, "pages": pages, "tolerance": tolerance,
        "width": pixels.shape[1], "height": pixels.shape[0],
        "channels": pixels.shape[2] if pixels.ndim == 3 else 1, "depth": pixels.dtype.name,
        "samples": base64.b64encode(pixels.astype(pixels.dtype.newbyteorder("<"))).decode(),
    })


def seen_by_pillow(name, page=0):
    """convert("RGB"), or one channel of it when the three are equal in a grey file."""
    with Image.open(HERE / name) as image:
        image.seek(page)
        is_grey = image.mode in ("1", "L", "LA")
        rgb = np.asarray(image.convert("RGB"))
    if is_grey:
        assert (rgb == rgb[..., :1]).all()
        return rgb[..., 0]
    return rgb


# PNG, written here because Pillow writes few of the kinds.

ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
         (0, 1, 1, 2)]


def packed(pixels, bits):
    if bits == 16:
        return pixels.astype(">u2").reshape(len(pixels), -1).view(np.uint8)
    pixels = pixels.reshape(len(pixels), -1).astype(np.uint8)
    if bits == 8:
        return pixels
    ones = np.unpackbits(pixels[..., None], axis=-1)[..., 8 - bits:]
    return np.packbits(ones.reshape(len(pixels), -1), axis=1)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(name, pixels, bits, colour, before=b"", interlaced=False):
    height, width = pixels.shape[:2]
    parts = [pixels[y::dy, x::dx] for x, y, dx, dy in ADAM7] if interlaced else [pixels]
    rows = b"".join(
        b"\0" + row.tobytes() for part in parts if part.size for row in packed(part, bits))
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, interlaced)
    (HERE / name).write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + before + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b""))


def make_png():
    for bits in (1, 2, 4, 8):
        png(f"grey{bits}.png", noise(np.uint8, below=1 << bits), bits, 0)
    for bits in (1, 4, 8):
        colours = chunk(b"PLTE", noise(np.uint8, 3).tobytes()[:3 << bits][:3 * 221])
        png(f"palette{bits}.png", noise(np.uint8, below=min(1 << bits, 221)), bits, 3, colours)
    colours = chunk(b"PLTE", bytes(range(48))) + chunk(b"tRNS", bytes([0, 255, 100]))
    png("palette4_transparent.png", noise(np.uint8, below=16), 4, 3, colours)
    extras = (chunk(b"gAMA", struct.pack(">I", 100000)) + chunk(b"iCCP", b"x\0\0broken")
              + chunk(b"tEXt", b"Comment\0a ramp") + chunk(b"bKGD", b"\0\1\0\2\0\3"))
    png("rgb8.png", noise(np.uint8, 3), 8, 2, extras)
    png("grey_alpha8.png", noise(np.uint8, 2), 8, 4)
    png("rgb_alpha8.png", noise(np.uint8, 4), 8, 6)
    png("rgb8_interlaced.png", noise(np.uint8, 3), 8, 2, interlaced=True)
    png("grey2_interlaced.png", noise(np.uint8, below=4), 2, 0, chunk(b"tRNS", b"\0\2"),
        interlaced=True)
    for path in sorted(set(HERE.glob("*.png")) - {HERE / "two_phase.png"}):
        expect(path.name, seen_by_pillow(path.name))
    for name, channels, colour in (
            ("grey16.png", 1, 0), ("grey_alpha16.png", 2, 4), ("rgb16.png", 3, 2),
            ("rgb_alpha16.png", 4, 6)):
        pixels = noise(np.uint16, channels)
        png(name, pixels, 16, colour, interlaced=name == "rgb16.png")
        expect(name, pixels if channels == 1 else pixels[..., 0] if channels == 2
               else pixels[..., :3])


def make_jpeg():
    grey, rgb = Image.fromarray(smooth(1)), Image.fromarray(smooth(3))
    cmyk = Image.fromarray(smooth(4), "CMYK")
    grey.save(HERE / "grey.jpg", quality=90)
    rgb.save(HERE / "rgb.jpg", quality=90, subsampling=2, restart_marker_rows=1)
    rgb.save(HERE / "progressive.jpg", quality=90, subsampling=0, progressive=True)
    cmyk.save(HERE / "cmyk.jpg", quality=90)
    (HERE / "ycck.jpg").write_bytes(imagecodecs.jpeg8_encode(
        255 - smooth(4), level=90, colorspace="CMYK", outcolorspace="YCCK"))
    for name in ("grey.jpg", "rgb.jpg", "progressive.jpg", "cmyk.jpg", "ycck.jpg"):
        expect(name, seen_by_pillow(name), tolerance=1)


def tiff(name, pixels, pillow=False, drop=None, tolerance=0, **how):
    how.setdefault("photometric", "minisblack" if pixels.ndim == 2 else "rgb")
    tifffile.imwrite(HERE / name, pixels, software=False, metadata=None, **how)
    if pillow:
        expect(name, seen_by_pillow(name), tolerance=tolerance)
        return
    seen = tifffile.imread(HERE / name)
    if how.get("planarconfig") == "separate":
        seen = np.moveaxis(seen, 0, -1)
    expect(name, seen if drop is None else drop(seen))


def make_tiff():
    tiff("grey8_big_endian.tif", noise(np.uint8), pillow=True, byteorder=">", rowsperstrip=5)
    tiff("grey16_deflate_big_endian.tif", noise(np.uint16), byteorder=">", compression="deflate")
    tiff("grey16_lzw_predictor.tif", noise(np.uint16), compression="lzw", predictor=2)
    tiff("grey16_big.tif", noise(np.uint16), bigtiff=True, rowsperstrip=4)
    tiff("float32.tif", noise(np.float32), rowsperstrip=3)
    tiff("float32_predictor_big_endian.tif", noise(np.float32), byteorder=">",
         compression="deflate", predictor=3, tile=(16, 16))
    tiff("rgb8_lzw.tif", noise(np.uint8, 3), pillow=True, compression="lzw", predictor=2)
    tiff("rgb8_separate.tif", np.moveaxis(noise(np.uint8, 3), -1, 0), planarconfig="separate",
         compression="deflate", rowsperstrip=6)
    tiff("rgb16_tiled_separate.tif", np.moveaxis(noise(np.uint16, 3), -1, 0), tile=(16, 16),
         planarconfig="separate", compression="deflate", byteorder=">")
    tiff("rgb8_tiled.tif", noise(np.uint8, 3), pillow=True, tile=(16, 16), compression="packbits")
    tiff("rgb_alpha8.tif", noise(np.uint8, 4), pillow=True, extrasamples=["unassalpha"])
    tiff("grey_alpha8.tif", noise(np.uint8, 2), photometric="minisblack",
         planarconfig="contig", extrasamples=["unassalpha"], drop=lambda seen: seen[..., 0])
    colours = np.sort(RANDOM.integers(0, 65536, (3, 256))).astype(np.uint16)
    tiff("palette8.tif", noise(np.uint8), pillow=True, photometric="palette", colormap=colours)
    tiff("white_is_zero8.tif", noise(np.uint8), pillow=True, photometric="miniswhite")
    tiff("white_is_zero16.tif", noise(np.uint16), photometric="miniswhite",
         drop=lambda seen: 65535 - seen)
    tiff("bilevel.tif", noise(np.uint8, below=2).astype(bool), pillow=True)
    tiff("zstd.tif", noise(np.uint8), pillow=True, compression="zstd")
    tiff("jpeg_colour.tif", np.tile(smooth(3), (2, 2, 1))[:16, :16], pillow=True, tolerance=1,
         photometric="ycbcr", compression="jpeg", compressionargs={"level": 95})

    page = Image.fromarray(noise(np.uint8, below=2) * 255).convert("1")
    page.save(HERE / "bilevel_white_is_zero.tif", tiffinfo={262: 0})
    expect("bilevel_white_is_zero.tif", seen_by_pillow("bilevel_white_is_zero.tif"))

    pages = [noise(np.uint8), noise(np.uint16, 3)[:9], noise(np.float32)[:, :5]]
    with tifffile.TiffWriter(HERE / "pages.tif") as file:
        for page in pages:
            file.write(page, metadata=None, software=False,
                       photometric="minisblack" if page.ndim == 2 else "rgb")
    for index, page in enumerate(pages):
        expect("pages.tif", page, index, len(pages))


def make_converted():
    tiff("int16.tif", noise(np.uint16).astype(np.int16), drop=lambda seen: seen.astype(np.float32))
    tiff("float64.tif", noise(np.float64))
    tiff("cmyk.tif", noise(np.uint8, 4), photometric="separated", pillow=True)


for old in (*HERE.glob("*.png"), *HERE.glob("*.jpg"), *HERE.glob("*.tif")):
    if old.name != "two_phase.png":
        old.unlink()
make_png()
make_jpeg()
make_tiff()
make_converted()
files = {entry["file"] for entry in entries}
assert len(files) <= 45 and all((HERE / file).stat().st_size < 4096 for file in files)
assert files == {path.name for path in HERE.iterdir()} - {
    "make.py", "expected.json", "tiff", "two_phase.png"}
(HERE / "expected.json").write_text(
    "[\n" + ",\n".join(json.dumps(entry) for entry in entries) + "\n]\n")
