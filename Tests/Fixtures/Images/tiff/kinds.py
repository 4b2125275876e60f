"""The kinds of TIFF in this folder: each case is a file, and what is right for its pages."""

import dataclasses
import io

import imagecodecs
import numpy as np
import tifffile
from PIL import Image, ImageCms

from writer import ASCII, LONG, RATIONAL, SHORT, page, tiff

COMPRESSIONS = {
    1: None,
    5: lambda data, _: imagecodecs.lzw_encode(data),
    8: lambda data, _: imagecodecs.zlib_encode(data),
    32946: lambda data, _: imagecodecs.zlib_encode(data),
    50000: lambda data, _: imagecodecs.zstd_encode(data),
    34925: lambda data, _: imagecodecs.lzma_encode(data),
}
UNSIGNED, SIGNED, FLOAT = "unsigned", "signed", "float"
FORMAT = {UNSIGNED: 1, SIGNED: 2, FLOAT: 3}


@dataclasses.dataclass
class Page:
    """What decoding a page gives."""

    samples: np.ndarray
    kind: str
    number: str = UNSIGNED
    bits: int = 8
    tolerance: float = 0
    notices: tuple = ()
    size: tuple | None = None
    orientation: int = 1


@dataclasses.dataclass
class Case:
    name: str
    data: bytes
    pages: list = dataclasses.field(default_factory=list)
    refused: str | None = None
    # Pages whose stored samples tifffile reads too.
    checked: bool = True


def stored(random, shape, number, bits):
    """Random samples of a type, all of its bits in use; floats with negative ones."""
    if number == FLOAT:
        values = random.standard_normal(shape) * 40 - 10
        if bits == 24:
            # Numbers that 16 bits of fraction hold.
            values = (values.astype(np.float32).view(np.uint32) & 0xFFFFFF80).view(np.float32)
            return values
        return values.astype(f"f{bits // 8}")
    low, high = (0, 1 << bits) if number == UNSIGNED else (-(1 << bits - 1), 1 << bits - 1)
    width = 8 if bits <= 8 else 16 if bits <= 16 else 32 if bits <= 32 else 64
    dtype = np.dtype(f"{'u' if number == UNSIGNED else ''}int{width}")
    if bits == 64:
        return random.integers(low, high, shape, dtype=dtype)
    return random.integers(low, high, shape).astype(dtype)


def decoded(samples, number, bits, white=False):
    """Stored samples as the decoder gives them."""
    if number == UNSIGNED:
        if white:
            samples = samples.dtype.type((1 << bits) - 1) - samples
        if bits < 8:
            most = (1 << bits) - 1
            return ((samples.astype(int) * 255 + most // 2) // most).astype(np.uint8)
        if bits <= 16:
            return samples.astype(np.uint8 if bits == 8 else np.uint16)
        return samples.astype(np.float32 if bits <= 24 else np.float64)
    small = bits <= (16 if number == SIGNED else 32)
    samples = samples.astype(np.float32 if small else np.float64)
    return -samples if white else samples


def float24_rows(data, order):
    """IEEE singles to numbers of 24 bits."""
    return imagecodecs.float24_encode(
        np.frombuffer(data, order + "f4").astype("<f4"), byteorder=order)


def plain(name, random, *, number=UNSIGNED, bits=8, channels=1, photometric=1, size=(13, 17),
          order="<", big=False, compression=1, notices=(), extras=None, tags=None, keep=None,
          samples=None, behind=(), **layout):
    """Grey, channels or colours, decoded sample by sample."""
    if samples is None:
        samples = stored(random, (*size, channels), number, bits)
    encode = COMPRESSIONS[compression]
    tags = dict(tags or {})
    if extras is not None:
        tags[338] = (SHORT, extras)
    if bits == 24 and number == FLOAT:
        inner = encode

        def encode(data, piece):
            data = float24_rows(data, order)
            return inner(data, piece) if inner else data
    made = page(samples, bits, photometric, order=order, sample_format=FORMAT[number],
                encode=encode, compression=compression, tags=tags, **layout)
    white = photometric == 0
    keep = range(samples.shape[-1]) if keep is None else keep
    values = decoded(samples, number, bits, white)[..., list(keep)]
    kind = "colour" if photometric == 2 and values.shape[-1] == 3 \
        else "grey" if values.shape[-1] == 1 else "channels"
    notices = (("inverted",) if white else ()) + tuple(notices)
    return Case(name, tiff([made, *behind], order, big),
                [Page(values, kind, number, bits, notices=notices)])


def by_tifffile(name, samples, number, bits, kind, notices=(), tolerance=0, keep=None, white=False,
                **how):
    file = io.BytesIO()
    how = {"metadata": None, "software": False} | how
    tifffile.imwrite(file, samples, **how)
    planar = how.get("planarconfig") == "separate"
    values = np.moveaxis(samples, 0, -1) if planar else samples
    values = values[..., None] if values.ndim == 2 else values
    if keep is not None:
        values = values[..., list(keep)]
    return Case(name, file.getvalue(),
                [Page(decoded(values, number, bits, white), kind, number, bits, tolerance,
                      notices)])


def by_pillow(name, image, pages, checked=True, **how):
    file = io.BytesIO()
    image.save(file, "TIFF", **how)
    return Case(name, file.getvalue(), pages, checked=checked)


# Alpha


def premultiplied(name, random, *, number=UNSIGNED, bits=8, channels=3, size=(13, 17), **layout):
    """Samples that were multiplied by an alpha that is nowhere small."""
    shape = (*size, channels)
    if number == FLOAT:
        values = random.random(shape).astype(f"f{bits // 8}")
        alpha = (random.random((*size, 1)) * 0.75 + 0.25).astype(values.dtype)
        multiplied = values * alpha
        right = (multiplied.astype(np.float64) / alpha).astype(values.dtype)
        tolerance = 1e-6
    else:
        most = (1 << bits) - 1
        values = random.integers(0, most + 1, shape)
        alpha = random.integers(most // 4, most + 1, (*size, 1))
        multiplied = (values * alpha + most // 2) // most
        right = np.minimum(most, (multiplied * most / alpha + 0.5).astype(int))
        tolerance = 0
    dtype = f"f{bits // 8}" if number == FLOAT else f"u{1 if bits == 8 else 2}"
    samples = np.concatenate([multiplied, alpha], -1).astype(dtype)
    made = page(samples, bits, 2 if channels == 3 else 1, sample_format=FORMAT[number],
                tags={338: (SHORT, [1])}, **layout)
    return Case(name, tiff([made], layout.get("order", "<")),
                [Page(right.astype(dtype), "colour" if channels == 3 else "grey", number, bits,
                      tolerance, ("divided",))])


# Palettes


def palette(name, random, *, bits=8, eight_bit_map=False, size=(13, 17), order="<", **layout):
    count = 1 << bits
    entries = random.integers(0, 256 if eight_bit_map else 65536, (3, count))
    entries[:, 0] = 255 if eight_bit_map else 65535
    samples = stored(random, (*size, 1), UNSIGNED, bits)
    shown = entries if eight_bit_map else entries >> 8
    pixels = np.moveaxis(shown[:, samples[..., 0]], 0, -1).astype(np.uint8)
    made = page(samples, bits, 3, order=order,
                tags={320: (SHORT, [int(value) for value in entries.reshape(-1)])}, **layout)
    return Case(name, tiff([made], order),
                [Page(pixels, "colour", bits=bits,
                      notices=("colour map",) if eight_bit_map else ())])


# Inks and other colours


def pillow_inks(cmyk):
    """Pillow's own conversion."""
    return np.asarray(Image.fromarray(cmyk, "CMYK").convert("RGB"))


def inks(name, random, *, bits=8, size=(13, 17), order="<", alpha=False, **layout):
    samples = stored(random, (*size, 5 if alpha else 4), UNSIGNED, bits)
    if bits == 8:
        right = pillow_inks(np.ascontiguousarray(samples[..., :4]))
    else:
        most = (1 << bits) - 1
        wide = samples.astype(np.int64)
        rest = most - wide[..., 3:4]
        right = (rest - (wide[..., :3] * rest + most // 2) // most).astype(np.uint16)
    made = page(samples, bits, 5, order=order, tags={338: (SHORT, [2])} if alpha else None,
                **layout)
    return Case(name, tiff([made], order),
                [Page(right, "colour", bits=bits,
                      notices=(("alpha",) if alpha else ()) + ("inks",))])


def lab(name, random, *, photometric=8, bits=8, size=(13, 17), order="<", **layout):
    """Colours of sRGB that LittleCMS made L*a*b* of; rounding costs some levels of each."""
    height, width = size
    y, x = np.mgrid[0:height, 0:width]
    rgb = np.stack([60 + 120 * x / width, 60 + 120 * y / height, 180 - 60 * x / width], -1)
    to_lab = ImageCms.buildTransform(
        ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    right = rgb.astype(np.uint8)
    image = ImageCms.applyTransform(Image.fromarray(right), to_lab)
    samples = np.asarray(image).astype(int)
    # Pillow keeps a* and b* as signed bytes, as TIFF does.
    signed = np.where(samples[..., 1:] > 127, samples[..., 1:] - 256, samples[..., 1:])
    samples[..., 1:] = signed + 128 if photometric == 9 else signed & 255
    if photometric == 10:
        samples[..., 1] = np.rint(signed[..., 0] * 255 / 170 + 128)
        samples[..., 2] = np.rint(signed[..., 1] * 255 / 200 + 96)
    tolerance = 4
    if bits == 16:
        samples[..., 0] *= 257
        samples[..., 1:] *= 256
        right, tolerance = right.astype(np.uint16) * 257, 4 * 257
    made = page(samples.astype(f"u{bits // 8}"), bits, photometric, order=order, **layout)
    return Case(name, tiff([made], order),
                [Page(right, "colour", bits=bits, tolerance=tolerance, notices=("L*a*b*",))])


def ycbcr(name, random, *, block=(2, 2), size=(13, 17), order="<", tile=None, rows=None,
          compression=1):
    """Uncompressed YCbCr; chroma is that of each pixel's block, as in libtiff."""
    across, down = block
    height, width = size
    unit_height, unit_width = tile or (rows or height, width)
    pieces, seen = [], np.zeros((height, width, 3), np.uint8)
    for top in range(0, height, unit_height):
        piece_height = unit_height if tile else min(unit_height, height - top)
        for left in range(0, width, unit_width):
            parts = []
            for y in range(0, piece_height, down):
                for x in range(0, unit_width, across):
                    luma = random.integers(0, 256, (down, across)).astype(np.uint8)
                    chroma = random.integers(80, 176, 2).astype(np.uint8)
                    parts.append(luma.tobytes() + chroma.tobytes())
                    part = seen[top + y:top + y + down, left + x:left + x + across]
                    part[..., 0] = luma[:part.shape[0], :part.shape[1]]
                    part[..., 1:] = chroma
            pieces.append(b"".join(parts))
    encode = COMPRESSIONS[compression]
    data = [encode(piece, None) if encode else piece for piece in pieces]
    y, b, r = (seen[..., i].astype(float) for i in range(3))
    right = np.stack([y + 1.402 * (r - 128), y - 0.344136 * (b - 128) - 0.714136 * (r - 128),
                      y + 1.772 * (b - 128)], -1)
    tags = {
        256: (LONG, [width]), 257: (LONG, [height]), 258: (SHORT, [8] * 3),
        259: (SHORT, [compression]), 262: (SHORT, [6]), 277: (SHORT, [3]),
        530: (SHORT, [across, down]),
        532: (RATIONAL, [(0, 1), (255, 1), (128, 1), (255, 1), (128, 1), (255, 1)]),
    }
    tags |= {322: (LONG, [tile[1]]), 323: (LONG, [tile[0]])} if tile \
        else {278: (LONG, [unit_height])}
    return Case(name, tiff([(tags, data)], order),
                [Page(np.clip(np.rint(right), 0, 255).astype(np.uint8), "colour", tolerance=2)],
                checked=False)


# JPEG


def smooth(size, channels):
    y, x = np.mgrid[0:size[0], 0:size[1]]
    planes = [128 + 90 * np.sin(x / (3 + c) + y / (5 + c)) for c in range(channels)]
    return np.stack(planes, -1).astype(np.uint8)


def jpeg_rgb_tag(name, stream_of, *, photometric=2, size=(32, 48), order="<", tile=None,
                 notices=("YCbCr",), tolerance=2, subsampling=None):
    """A JPEG stream whose colours are told by its markers, under a tag that may differ."""
    rgb = smooth(size, 3)
    pieces = [rgb] if tile is None else [
        rgb[y:y + tile[0], x:x + tile[1]]
        for y in range(0, size[0], tile[0]) for x in range(0, size[1], tile[1])]
    data = [stream_of(np.ascontiguousarray(piece)) for piece in pieces]
    shown = [np.asarray(Image.open(io.BytesIO(stream)).convert("RGB")) for stream in data]
    right = shown[0] if tile is None else np.concatenate([
        np.concatenate(shown[i:i + size[1] // tile[1]], 1)
        for i in range(0, len(shown), size[1] // tile[1])])
    tags = {
        256: (LONG, [size[1]]), 257: (LONG, [size[0]]), 258: (SHORT, [8] * 3),
        259: (SHORT, [7]), 262: (SHORT, [photometric]), 277: (SHORT, [3]),
    }
    if subsampling:
        tags[530] = (SHORT, subsampling)
    tags |= {322: (LONG, [tile[1]]), 323: (LONG, [tile[0]])} if tile else {278: (LONG, [size[0]])}
    return Case(name, tiff([(tags, data)], order),
                [Page(right, "colour", tolerance=tolerance, notices=notices)], checked=False)


def jfif(subsampling, quality=95):
    def stream(rgb):
        file = io.BytesIO()
        Image.fromarray(rgb).save(file, "JPEG", quality=quality, subsampling=subsampling)
        return file.getvalue()
    return stream


def without_marker(data, marker):
    """A stream without the segments of a marker."""
    out, at = bytearray(data[:2]), 2
    while data[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(data[at + 2:at + 4], "big")
        if data[at + 1] != marker:
            out += data[at:end]
        at = end
    return bytes(out) + data[at:]


def bare(subsampling):
    return lambda rgb: without_marker(jfif(subsampling)(rgb), 0xE0)


def adobe(transform):
    """A stream with Adobe's marker instead of JFIF's."""
    def stream(rgb):
        if transform == 1:
            data = without_marker(jfif(0)(rgb), 0xE0)
        else:
            data = imagecodecs.jpeg8_encode(
                rgb, level=95, colorspace="RGB", outcolorspace="RGB", subsampling="444")
            data = without_marker(without_marker(data, 0xE0), 0xEE)
        marker = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0" + bytes([transform])
        return data[:2] + marker + data[2:]
    return stream


def named_rgb(rgb):
    """RGB without markers; the components are named by letters, as libjpeg writes them."""
    data = imagecodecs.jpeg8_encode(
        rgb, level=95, colorspace="RGB", outcolorspace="RGB", subsampling="444")
    return without_marker(without_marker(data, 0xE0), 0xEE)


def old_jpeg(name, *, size=(32, 48), order="<"):
    """Compression 6: one whole stream that a tag leads to. Source: TIFF 6.0 §22."""
    stream = jfif(2)(smooth(size, 3))
    right = np.asarray(Image.open(io.BytesIO(stream)).convert("RGB"))
    head = 8
    tags = {
        256: (LONG, [size[1]]), 257: (LONG, [size[0]]), 258: (SHORT, [8] * 3),
        259: (SHORT, [6]), 262: (SHORT, [6]), 277: (SHORT, [3]), 278: (LONG, [size[0]]),
        512: (SHORT, [1]), 513: (LONG, [head]), 514: (LONG, [len(stream)]),
        530: (SHORT, [2, 2]),
    }
    # libtiff repeats chroma where Pillow's libjpeg interpolates.
    return Case(name, tiff([(tags, [stream])], order),
                [Page(right, "colour", tolerance=40)], checked=False)


# Pages


def imagej(name, random, *, planes=6, number=UNSIGNED, bits=16, channels=1, order=">",
           dimensions="", unit="micron", resolution=(25, 1), size=(13, 17), rows=None,
           whole=None, notices=()):
    """A stack of planes behind one directory, of which `whole` are in the file."""
    stack = [stored(random, (*size, channels), number, bits) for _ in range(planes)]
    text = (f"ImageJ=1.54f\nimages={planes}\n{dimensions}unit={unit}\nmode=grayscale\n\0")
    made = page(stack[0], bits, 2 if channels == 3 else 1, order=order, rows=rows,
                sample_format=FORMAT[number],
                tags={270: (ASCII, text), 282: (RATIONAL, [resolution]),
                      283: (RATIONAL, [resolution]), 296: (SHORT, [1])})
    tags, data = made
    whole = planes if whole is None else whole
    behind = b"".join(
        np.ascontiguousarray(plane.astype(plane.dtype.newbyteorder(order))).tobytes()
        for plane in stack[1:])
    cut = behind[:max(0, int((whole - 1) * len(behind) / max(1, planes - 1)))]
    # The planes lie behind the directory's own data, and so the directory before them.
    blob = tiff_with_data_last(tags, data, order, cut)
    pixel = {"micron": 1e-6, "nm": 1e-9, "\\u00B5m": 1e-6}.get(unit)
    size_of = None if pixel is None else (pixel * resolution[1] / resolution[0],) * 2
    kind = "colour" if channels == 3 else "grey"
    return Case(name, blob,
                [Page(decoded(plane, number, bits), kind, number, bits, size=size_of,
                      notices=notices) for plane in stack], checked=False)


def tiff_with_data_last(tags, data, order, behind, last=0):
    """A file of one directory, then its data and what follows them."""
    empty = tiff([(tags | {273: (LONG, [0] * len(data)), 279: (LONG, [len(p) for p in data])},
                   [])], order, last=last)
    start = len(empty) + len(empty) % 2
    offsets, at = [], start
    for piece in data:
        offsets.append(at)
        at += len(piece)
    head = tiff([(tags | {273: (LONG, offsets), 279: (LONG, [len(p) for p in data])}, [])], order,
                last=last)
    return head.ljust(start, b"\0") + b"".join(data) + behind


def metamorph(name, random, *, planes=4, order="<", size=(13, 17), rows=5):
    stack = [stored(random, (*size, 1), UNSIGNED, 16) for _ in range(planes)]
    uic2 = [(i, 1) for i in range(planes)]
    tags, data = page(stack[0], 16, 1, order=order, rows=rows)
    tags[33629] = (RATIONAL, uic2)
    behind = b"".join(plane.astype(f"{order}u2").tobytes() for plane in stack[1:])
    return Case(name, tiff_with_data_last(tags, data, order, behind),
                [Page(decoded(plane, UNSIGNED, 16), "grey", bits=16) for plane in stack],
                checked=False)


def ome(name, random, *, order="XYZCT", sizes=(3, 2, 1), blocks="", directories=None,
        notices=(), unit="\u00b5m", physical=0.25, size=(13, 17), byte_order="<", before=()):
    """An OME-TIFF; `directories` are those of each plane, in the order of the dimensions."""
    z, c, t = sizes
    planes = [stored(random, (*size, 1), UNSIGNED, 8) for _ in range(z * c * t)]
    xml = (
        '<?xml version="1.0" encoding="UTF-8"?><!-- <Pixels SizeZ="9"/> -->'
        '<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="urn:uuid:1">'
        f'<Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="{order}" Type="uint8" '
        f'SizeX="{size[1]}" SizeY="{size[0]}" SizeZ="{z}" SizeC="{c}" SizeT="{t}" '
        f'PhysicalSizeX="{physical}" PhysicalSizeXUnit="{unit}" PhysicalSizeY="{physical * 2}" '
        f'PhysicalSizeYUnit="{unit}">'
        + "".join(f'<Channel ID="Channel:0:{i}" SamplesPerPixel="1"/>' for i in range(c))
        + f'{blocks or "<TiffData/>"}</Pixels></Image></OME>')
    pages = [page(plane, 8, 1, order=byte_order) for plane in planes]
    first = (pages[0][0] | {270: (ASCII, xml.encode() + b"\0")}, pages[0][1])
    if before:
        before = [(before[0][0] | {270: first[0].pop(270)}, before[0][1])]
    metres = {"\u00b5m": 1e-6, "nm": 1e-9}[unit]
    found = directories or list(range(len(planes)))
    return Case(name, tiff([*before, first, *pages[1:]], byte_order),
                [Page(decoded(planes[i], UNSIGNED, 8), "grey", notices=notices,
                      size=(physical * metres, 2 * physical * metres)) for i in found],
                checked=False)


def thumbnail(order="<", mask=False, old=False):
    small = np.full((4, 5, 1 if mask else 3), 1 if mask else 128, np.uint8)
    kind = {255: (SHORT, [2])} if old else {254: (LONG, [4 if mask else 1])}
    return page(small, 1 if mask else 8, 4 if mask else 2, order=order, tags=kind)
