"""Makes the pictures in this folder, and `expected.json`: the samples that others see in them.

Run with numpy 2.4.6, Pillow 13.0.0, imagecodecs 2026.3.6:  python3 make.py
"""

import base64
import io
import json
import pathlib
import struct

import imagecodecs
import numpy as np
from PIL import Image

HERE = pathlib.Path(__file__).parent
WIDTH, HEIGHT = 17, 13
RANDOM = np.random.default_rng(20261129)
entries = []


def noise(dtype, channels=1, below=None):
    shape = (HEIGHT, WIDTH) if channels == 1 else (HEIGHT, WIDTH, channels)
    if np.dtype(dtype).kind == "f":
        return (RANDOM.standard_normal(shape) * 40).astype(dtype)
    low = np.iinfo(dtype).min
    return RANDOM.integers(low, below or np.iinfo(dtype).max, shape, endpoint=not below, dtype=dtype)


def smooth(channels, dtype=np.uint8, top=228):
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    planes = [.55 + .44 * np.sin(x / (3 + c) + y / (5 - c / 20)) for c in range(channels)]
    return (np.stack(planes, -1) * top).astype(dtype).squeeze()


def decoded(pixels):
    """The pixels in the type that the decoder promises for theirs."""
    kind, bits = pixels.dtype.kind, 8 * pixels.dtype.itemsize
    if kind == "b":
        return pixels.astype(np.uint8) * 255
    if kind == "u" and bits <= 16:
        return pixels.astype(f"u{bits // 8}")
    return pixels.astype("f4" if bits <= (32 if kind == "f" else 16) else "f8")


def expect(name, data, pixels, page=0, pages=1, tolerance=0, **facts):
    if data is not None:
        (HERE / name).write_bytes(data)
    pixels = np.ascontiguousarray(decoded(pixels))
    entries.append({
        "file": name, "page": page, "pages": pages, "tolerance": tolerance,
        "width": pixels.shape[1], "height": pixels.shape[0],
        "channels": pixels.shape[2] if pixels.ndim == 3 else 1, "depth": pixels.dtype.name,
        "samples": base64.b64encode(pixels.astype(pixels.dtype.newbyteorder("<"))).decode(),
        **facts})


def by_pillow(data, grey=False):
    with Image.open(io.BytesIO(data)) as image:
        rgb = np.asarray(image.convert("RGB"))
    if grey:
        assert (rgb == rgb[..., :1]).all()
        return rgb[..., 0]
    return rgb


def saved(image, form, **how):
    file = io.BytesIO()
    image.save(file, form, **how)
    return file.getvalue()


# BMP, written here because Pillow writes few of the kinds.

def packed(pixels, bits):
    if bits >= 8:
        return pixels.reshape(len(pixels), -1).view(np.uint8)
    ones = np.unpackbits(pixels.astype(np.uint8)[..., None], axis=-1)[..., 8 - bits:]
    return np.packbits(ones.reshape(len(pixels), -1), axis=1)


def bmp(rows, width, height, bits, header=40, method=0, masks=(), palette=b"", density=0,
        colours=0):
    masks_bytes = b"".join(struct.pack("<I", mask) for mask in masks)
    if header == 12:
        head = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        head = struct.pack("<IiiHHIIiiII", header, width, height, 1, bits, method, len(rows),
                           density, density, colours, 0)
        head += masks_bytes
        head = head.ljust(max(header, 40 + len(masks_bytes) if header == 40 else header), b"\0")
    start = 14 + len(head) + len(palette)
    return struct.pack("<2sIHHI", b"BM", start + len(rows), 0, 0, start) + head + palette + rows


def bmp_rows(pixels, bits, top_down=False):
    rows = packed(pixels, bits)
    rows = np.pad(rows, ((0, 0), (0, -rows.shape[1] % 4)))
    return (rows if top_down else rows[::-1]).tobytes()


def palette(count, entry=4, grey=False):
    colours = np.zeros((count, entry), np.uint8)
    colours[:, :3] = np.arange(count)[:, None] if grey else RANDOM.integers(0, 256, (count, 3))
    return colours.tobytes()


def run_lengths(indices, bits):
    """Runs, literals, a jump, and ends of rows."""
    out = bytearray()
    for row in indices[::-1]:
        x = 0
        while x < len(row):
            same = 1
            while x + same < len(row) and row[x + same] == row[x]:
                same += 1
            literal = min(5, len(row) - x)
            if same == 1 and literal >= 3:
                values = row[x:x + literal].tolist()
                if bits == 4:
                    values += [0] * (len(values) % 2)
                    values = [a << 4 | b for a, b in zip(values[::2], values[1::2])]
                values += [0] * (len(values) % 2)
                out += bytes([0, literal]) + bytes(values)
                x += literal
            else:
                value = int(row[x])
                out += bytes([same, value if bits == 8 else value << 4 | value])
                x += same
        out += b"\0\0"
    return bytes(out[:-2]) + b"\0\1"


def make_bmp():
    for bits in (1, 4, 8):
        pixels = noise(np.uint8, below=1 << bits)
        data = bmp(bmp_rows(pixels, bits), WIDTH, HEIGHT, bits, palette=palette(1 << bits))
        expect(f"palette{bits}.bmp", data, by_pillow(data), bits=min(bits, 8))
    pixels = noise(np.uint8, below=200)
    data = bmp(bmp_rows(pixels, 8), WIDTH, HEIGHT, 8, palette=palette(200, grey=True), colours=200,
               density=50_000)
    expect("grey8.bmp", data, by_pillow(data, grey=True), pixel_size=[2e-5, 2e-5])
    data = bmp(bmp_rows(pixels, 8), WIDTH, HEIGHT, 8, header=12, palette=palette(256, 3))
    expect("core8.bmp", data, by_pillow(data))
    rgb = noise(np.uint8, 3)
    data = bmp(bmp_rows(rgb[..., ::-1].copy(), 24), WIDTH, HEIGHT, 24)
    expect("rgb24.bmp", data, by_pillow(data))
    data = bmp(bmp_rows(rgb[..., ::-1].copy(), 24, True), WIDTH, -HEIGHT, 24, header=124)
    expect("rgb24_top_down.bmp", data, by_pillow(data))
    four = np.concatenate([rgb[..., ::-1], noise(np.uint8)[..., None]], -1).copy()
    data = bmp(bmp_rows(four, 32), WIDTH, HEIGHT, 32)
    expect("rgb32.bmp", data, by_pillow(data))
    data = bmp(bmp_rows(four, 32), WIDTH, HEIGHT, 32, header=108, method=3,
               masks=(0xFF0000, 0xFF00, 0xFF, 0xFF000000))
    expect("rgba32.bmp", data, rgb, notices=["Alpha was dropped."])
    words = noise(np.uint16)
    data = bmp(bmp_rows(words, 16), WIDTH, HEIGHT, 16)
    expect("rgb555.bmp", data, by_pillow(data), tolerance=1, bits=5)
    data = bmp(bmp_rows(words, 16), WIDTH, HEIGHT, 16, method=3, masks=(0xF800, 0x7E0, 0x1F))
    expect("rgb565.bmp", data, by_pillow(data), tolerance=1, bits=6)
    deep = noise(np.uint32)
    data = bmp(bmp_rows(deep, 32), WIDTH, HEIGHT, 32, header=56, method=3,
               masks=(0x3FF00000, 0xFFC00, 0x3FF, 0))
    tens = np.stack([deep >> 20 & 1023, deep >> 10 & 1023, deep & 1023], -1).astype(np.uint16)
    expect("rgb10.bmp", data, tens, bits=10)
    for bits in (4, 8):
        runs = np.repeat(noise(np.uint8, below=1 << bits), 3, 1)[:, :WIDTH]
        runs[::3, 2:9] = noise(np.uint8, below=1 << bits)[::3, 2:9]
        data = bmp(run_lengths(runs, bits), WIDTH, HEIGHT, bits, method=3 - bits // 4,
                   palette=palette(1 << bits))
        expect(f"runs{bits}.bmp", data, by_pillow(data), bits=bits)


def make_pnm():
    one, grey, rgb, deep = (noise(np.uint8, below=2), noise(np.uint8), noise(np.uint8, 3),
                            noise(np.uint16, 3))
    def text(pixels):
        return "\n".join(" ".join(map(str, row)) for row in pixels.reshape(HEIGHT, -1)).encode()
    size = b"%d %d" % (WIDTH, HEIGHT)
    expect("text.pbm", b"P1 # bits\n" + size + b"\n" + text(one).replace(b" ", b""),
           (1 - one) * 255, bits=1)
    expect("packed.pbm", b"P4\n" + size + b"\n" + np.packbits(one, axis=1).tobytes(),
           (1 - one) * 255, bits=1)
    expect("text.pgm", b"P2\n#a\n# comment\n" + size + b"\n255\n" + text(grey), grey)
    expect("grey8.pgm", b"P5 " + size + b" 255\n" + grey.tobytes(), grey)
    twelve = noise(np.uint16, below=4096)
    expect("grey12.pgm", b"P5\n" + size + b"\n4095\n" + twelve.astype(">u2").tobytes(), twelve,
           bits=12)
    few = noise(np.uint8, below=101)
    expect("grey100.pgm", b"P5\n" + size + b"\n100\n" + few.tobytes(),
           ((few.astype(int) * 255 + 50) // 100).astype(np.uint8), bits=7)
    expect("text.ppm", b"P3\n" + size + b" 65535 " + text(deep), deep)
    expect("rgb8.ppm", b"P6\n" + size + b"\n255\n" + rgb.tobytes() + b"more",
           rgb, notices=["4 bytes behind the picture were passed over."])
    expect("rgb16.ppm", b"P6\n" + size + b"\n65535\n" + deep.astype(">u2").tobytes(), deep)

    def pam(pixels, tuple_type, largest=255):
        depth = pixels.shape[2] if pixels.ndim == 3 else 1
        head = f"P7\n# a\nWIDTH {WIDTH}\nHEIGHT {HEIGHT}\nDEPTH {depth}\nMAXVAL {largest}\n"
        head += f"TUPLTYPE {tuple_type}\n" if tuple_type else ""
        return (head + "ENDHDR\n").encode() + pixels.astype(
            ">u2" if largest > 255 else "u1").tobytes()
    expect("bits.pam", pam(one, "BLACKANDWHITE", 1), one * 255, bits=1)
    four, five, two = noise(np.uint8, 4), noise(np.uint16, 5), noise(np.uint8, 2)
    expect("rgba.pam", pam(four, "RGB_ALPHA"), four[..., :3], notices=["Alpha was dropped."])
    expect("grey_alpha.pam", pam(two, "GRAYSCALE_ALPHA"), two[..., 0],
           notices=["Alpha was dropped."])
    expect("channels5.pam", pam(five, None, 65535), five, kind="channels")
    expect("channels3.pam", pam(rgb, "DAPI_GFP_RFP"), rgb, kind="channels")
    floats, colours = noise(np.float32), noise(np.float32, 3)
    expect("grey.pfm", b"Pf\n" + size + b"\n-1.0\n" + floats[::-1].astype("<f4").tobytes(), floats)
    expect("rgb_big_endian.pfm", b"PF\n" + size + b"\n1.0\n" + colours[::-1].astype(">f4").tobytes(),
           colours)


def make_webp():
    rgb = Image.fromarray(smooth(3))
    for name, how in (("lossy.webp", {"quality": 80}), ("lossless.webp", {"lossless": True})):
        data = saved(rgb, "WEBP", **how)
        expect(name, data, by_pillow(data))
    rgba = Image.fromarray(smooth(4), "RGBA")
    for name, how in (("alpha.webp", {"quality": 80}),
                      ("alpha_lossless.webp", {"lossless": True, "exact": True})):
        data = saved(rgba, "WEBP", **how)
        with Image.open(io.BytesIO(data)) as image:
            pixels = np.asarray(image)[..., :3]
        expect(name, data, pixels, notices=["Alpha was dropped."])
    frames = [Image.fromarray(smooth(3)), Image.fromarray(255 - smooth(3))]
    data = saved(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    expect("frames.webp", data, smooth(3),
           notices=["The file has more frames; this is the first."])
    exif = Image.Exif()
    exif[274] = 8
    expect("turned.webp", saved(rgb, "WEBP", lossless=True, exif=exif), smooth(3), orientation=8)


def lzw(indices, bits):
    """GIF's codes, none but literals and resets."""
    codes, width = [], bits + 1
    for start in range(0, len(indices), (1 << bits) - 2):
        codes += [1 << bits] + list(indices[start:start + (1 << bits) - 2])
    value = count = 0
    out = bytearray()
    for code in codes + [(1 << bits) + 1]:
        value |= int(code) << count
        count += width
        while count >= 8:
            out.append(value & 255)
            value >>= 8
            count -= 8
    if count:
        out.append(value)
    blocks = b"".join(bytes([len(part)]) + bytes(part)
                      for part in (out[i:i + 255] for i in range(0, len(out), 255)))
    return bytes([bits]) + blocks + b"\0"


def make_gif():
    pixels = noise(np.uint8, below=16)
    colours = RANDOM.integers(0, 256, (16, 3)).astype(np.uint8)
    def screen(map_=colours, background=3):
        return b"GIF89a" + struct.pack("<HHBBB", WIDTH, HEIGHT, 0xF3, background, 0) + map_.tobytes()
    def frame(pixels, left=0, top=0, interlaced=False):
        height, width = pixels.shape
        if interlaced:
            order = [*range(0, height, 8), *range(4, height, 8), *range(2, height, 4),
                     *range(1, height, 2)]
            pixels = pixels[order]
        return (b"," + struct.pack("<HHHHB", left, top, width, height, 0x40 * interlaced)
                + lzw(pixels.ravel(), 4))
    data = screen() + frame(pixels) + b";"
    assert (by_pillow(data) == colours[pixels]).all()
    expect("palette.gif", data, by_pillow(data))
    data = screen() + frame(pixels, interlaced=True) + b";"
    assert (by_pillow(data) == colours[pixels]).all()
    expect("interlaced.gif", data, by_pillow(data))
    greys = np.repeat(np.arange(16, dtype=np.uint8)[:, None] * 17, 3, 1)
    data = screen(greys) + frame(pixels) + b";"
    expect("grey.gif", data, by_pillow(data, grey=True))
    transparent = b"!\xF9\4\1\0\0\5\0" + b"!\xFE\3abc\0"
    data = screen() + transparent + frame(pixels) + frame(pixels[::-1]) + b";"
    expect("frames.gif", data, colours[pixels],
           notices=["Alpha was dropped.", "The file has more frames; this is the first."])
    whole = np.tile(colours[3], (HEIGHT, WIDTH, 1))
    whole[4:9, 2:12] = colours[pixels[4:9, 2:12]]
    expect("part.gif", screen() + frame(pixels[4:9, 2:12], 2, 4) + b";", whole)
    many = saved(Image.fromarray(smooth(3)).quantize(200), "GIF")
    expect("pillow.gif", many, by_pillow(many))
    expect("no_end.gif", screen() + frame(pixels), colours[pixels],
           notices=["The file's end is missing; all its pixels are there."])


def make_jpeg2000():
    def encode(pixels, **how):
        how = {"codecformat": "jp2", "reversible": True, "level": 0, "mct": False} | how
        return imagecodecs.jpeg2k_encode(pixels, **how)
    grey, rgb = noise(np.uint8), smooth(3)
    expect("grey8.jp2", encode(grey), grey)
    expect("grey8.j2k", encode(grey, codecformat="j2k"), grey)
    expect("rgb8.jp2", encode(rgb, mct=True), rgb)
    expect("rgb8.j2k", encode(rgb, codecformat="j2k"), rgb)
    deep = noise(np.uint16)
    expect("grey16.jp2", encode(deep), deep)
    for bits in (1, 4, 7):
        few = noise(np.uint8, below=1 << bits)
        top = (1 << bits) - 1
        expect(f"grey{bits}.jp2", encode(few, bitspersample=bits),
               ((few.astype(int) * 255 + top // 2) // top).astype(np.uint8), bits=bits)
    twelve = noise(np.uint16, below=4096)
    expect("grey12.jp2", encode(twelve, bitspersample=12), twelve, bits=12)
    signed = noise(np.int16)
    expect("signed16.jp2", encode(signed), signed, number="signed")
    bytes_ = noise(np.int8)
    expect("signed8.jp2", encode(bytes_), bytes_, number="signed")
    five = noise(np.uint16, 5)
    data = imagecodecs.jpeg2k_encode(
        five, codecformat="j2k", reversible=True, level=0, mct=False)
    assert (imagecodecs.jpeg2k_decode(data) == five).all()
    expect("channels5.j2k", data, five, kind="channels")
    four = smooth(4)
    rgba = saved(Image.fromarray(four, "RGBA"), "JPEG2000", irreversible=False)
    with Image.open(io.BytesIO(rgba)) as image:
        expect("rgba8.jp2", rgba, np.asarray(image)[..., :3], notices=["Alpha was dropped."])
    tiled = np.tile(smooth(3), (4, 4, 1))
    data = saved(Image.fromarray(tiled), "JPEG2000", irreversible=False, tile_size=(32, 32),
                 num_resolutions=2)
    assert (by_pillow(data) == tiled).all()
    expect("tiles.jp2", data, tiled)
    def box(kind, *content):
        content = b"".join(content)
        return struct.pack(">I", 8 + len(content)) + kind + content
    indices = noise(np.uint8, below=16)
    colours = RANDOM.integers(0, 256, (16, 3)).astype(np.uint8)
    density = struct.pack(">HHHHbb", 2, 1, 4, 1, 5, 5)
    data = b"".join((
        box(b"jP  ", b"\r\n\x87\n"), box(b"ftyp", b"jp2 \0\0\0\0jp2 "),
        box(b"jp2h", box(b"ihdr", struct.pack(">IIHBBBB", HEIGHT, WIDTH, 1, 7, 7, 0, 0)),
            box(b"colr", struct.pack(">BBBI", 1, 0, 0, 16)),
            box(b"pclr", struct.pack(">HB3B", 16, 3, 7, 7, 7), colours.tobytes()),
            box(b"cmap", b"".join(struct.pack(">HBB", 0, 1, index) for index in range(3))),
            box(b"res ", box(b"resc", density))),
        box(b"jp2c", encode(indices, codecformat="j2k"))))
    expect("palette.jp2", data, colours[indices], pixel_size=[2.5e-6, 5e-6])
    data = saved(Image.fromarray(rgb).convert("YCbCr"), "JPEG2000", irreversible=False)
    expect("luminance.jp2", data, by_pillow(data), tolerance=2)
    lossy = saved(Image.fromarray(rgb), "JPEG2000", irreversible=True, quality_mode="dB",
                  quality_layers=[40])
    expect("lossy.jp2", lossy, by_pillow(lossy), tolerance=1)


def mrc(stack, mode, endian="<", extended=b"", cell=0, flags=None, stamp=None):
    pages, height, width = stack.shape
    head = bytearray(1024)
    struct.pack_into(endian + "10i", head, 0, width, height, pages, mode, 0, 0, 0, width, height,
                     pages)
    struct.pack_into(endian + "3f", head, 40, cell * width, cell * height, cell * pages)
    struct.pack_into(endian + "i", head, 92, len(extended))
    if flags is not None:
        struct.pack_into(endian + "2i", head, 152, 1146047817, flags)
    head[208:216] = b"MAP " + (stamp or (b"DD\0\0" if endian == "<" else b"\x11\x11\0\0"))
    return bytes(head) + extended + stack.astype(stack.dtype.newbyteorder(endian)).tobytes()


ROWS = ("Rows are in the file's order; programs that follow MRC's convention show the first at the"
        " bottom.")


def make_mrc():
    for mode, dtype in ((0, np.int8), (1, np.int16), (2, np.float32), (6, np.uint16),
                        (12, np.float16)):
        page = noise(dtype)
        data = mrc(page[None], mode, ">" if mode == 1 else "<", cell=2.5)
        expect(f"mode{mode}.mrc", data, page, notices=[ROWS], pixel_size=[2.5e-10, 2.5e-10])
    stack = np.stack([noise(np.float32) for _ in range(3)])
    data = mrc(stack, 2, ">", extended=b"x" * 160, cell=1)
    for index in (0, 2):
        expect("stack.mrc", data, stack[index], index, 3, notices=[ROWS])
    page = noise(np.uint8)
    expect("unsigned8.mrc", mrc(page[None], 0, flags=0), page, notices=[ROWS])
    expect("signed8.mrc", mrc(page.view(np.int8)[None], 0, flags=1), page.view(np.int8),
           notices=[ROWS], number="signed")
    expect("cut.mrc", mrc(stack, 2)[:-1], stack[1], 1, 2,
           notices=[ROWS, "The file ends after 2 of 3 sections."])


def npy(array, fortran=False):
    file = io.BytesIO()
    np.save(file, np.asfortranarray(array) if fortran else array)
    return file.getvalue()


def make_npy():
    words = {2: "height, width, channels", 3: "pages, height, width",
             4: "pages, height, width, channels"}
    for code in ("u1", ">u2", "<u4", "u8", "i1", ">i2", "<i4", ">i8", "<f2", ">f4", "f8"):
        array = noise(np.dtype(code).newbyteorder("=")).astype(code)
        name = code.replace("<", "little_").replace(">", "big_") + ".npy"
        kind = {"u": "unsigned", "i": "signed", "f": "float"}[np.dtype(code).kind]
        expect(name, npy(array), array, bits=8 * array.dtype.itemsize, number=kind)
    bools = noise(np.uint8, below=2).astype(bool)
    expect("bool.npy", npy(bools), bools, bits=1)
    rgb, rgba, floats = noise(np.uint8, 3), noise(np.uint16, 4), noise(np.float32, 4)
    def said(array, form):
        return f"The array of {'×'.join(map(str, array.shape))} was read as {form}."
    expect("rgb.npy", npy(rgb), rgb, notices=[said(rgb, words[2])])
    expect("rgba.npy", npy(rgba), rgba[..., :3],
           notices=[said(rgba, words[2]), "Alpha was dropped."])
    expect("channels4.npy", npy(floats), floats, notices=[said(floats, words[2])], kind="channels")
    stack = RANDOM.integers(0, 1 << 16, (5, HEIGHT, WIDTH)).astype(np.uint16)
    for index in (0, 4):
        expect("stack.npy", npy(stack), stack[index], index, 5, notices=[said(stack, words[3])])
    expect("stack_fortran.npy", npy(stack, True), stack[3], 3, 5,
           notices=[said(stack, words[3])])
    four = RANDOM.standard_normal((2, HEIGHT, WIDTH, 6))
    expect("pages_channels.npy", npy(four), four[1], 1, 2, notices=[said(four, words[4])],
           kind="channels")
    grey = noise(np.float64)
    expect("grey_fortran.npy", npy(grey, True), grey)


def main():
    for old in HERE.iterdir():
        if old.is_file() and old.suffix not in (".py", ".json"):
            old.unlink()
    make_bmp()
    make_pnm()
    make_webp()
    make_gif()
    make_jpeg2000()
    make_mrc()
    make_npy()
    files = {entry["file"] for entry in entries}
    assert all((HERE / file).stat().st_size < 32768 for file in files)
    (HERE / "expected.json").write_text(
        "[\n" + ",\n".join(json.dumps(entry) for entry in entries) + "\n]\n")
    print(len(files), "files,", sum((HERE / file).stat().st_size for file in files), "bytes")


if __name__ == "__main__":
    main()
