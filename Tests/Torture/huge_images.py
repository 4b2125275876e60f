"""Small files of every format that is read, which announce large images."""
import struct
import zlib

from bad_input import png, tiff

SIDE = 65535


def jpeg(width, height):
    """A JPEG with a size in its header and no data."""
    frame = struct.pack(">HBHHB", 17, 8, height, width, 3) + b"\1\x11\0\2\x11\1\3\x11\1"
    return b"\xff\xd8\xff\xc0" + frame + b"\xff\xda\0\x0c\3\1\0\2\x11\3\x11\0\x3f\0" + bytes(64)


def bmp(width, height):
    information = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 118, 0, 0, 54) + information + bytes(64)


def gif(width, height):
    size = struct.pack("<HH", width, height)
    return (b"GIF89a" + size + b"\x80\0\0" + bytes(6) + b"," + bytes(4) + size
            + b"\0\2\2\x44\1\0;")


def webp(width, height):
    """Lossless; a side is at most 16,384 pixels."""
    bits = (width - 1) | (height - 1) << 14
    data = b"\x2f" + struct.pack("<I", bits) + bytes(16)
    chunk = b"VP8L" + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def jpeg2000(width, height):
    """A code stream of one tile."""
    size = struct.pack(">HHIIIIIIIIHBBB", 41, 0, width, height, 0, 0, width, height, 0, 0, 1,
                       7, 1, 1)
    style = struct.pack(">HBBHBBBBBB", 12, 0, 0, 1, 0, 5, 4, 4, 0, 1)
    quantisation = struct.pack(">HB", 19, 0x40) + b"\x40" * 16
    tile = struct.pack(">HHIBB", 10, 0, 0, 0, 1)
    return (b"\xff\x4f\xff\x51" + size + b"\xff\x52" + style + b"\xff\x5c" + quantisation
            + b"\xff\x90" + tile + b"\xff\x93" + bytes(16) + b"\xff\xd9")


def mrc(width, height, mode=2):
    header = bytearray(1024)
    struct.pack_into("<4i", header, 0, width, height, 1, mode)
    header[208:216] = b"MAP \x44\x44\0\0"
    return bytes(header) + bytes(64)


def npy(shape, kind="|u1"):
    text = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}"
    text += " " * (-(len(text) + 11) % 64) + "\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(text)) + text.encode() + bytes(64)


def huge_images():
    """(name, bytes)."""
    yield "a PNG of 65535×65535", png(SIDE, SIDE, data=b"")
    yield "a PNG of 2³¹−1 columns", png(0x7FFFFFFF, 1, data=b"")
    yield "64 MB in a PNG of 8×8", png(8, 8, data=zlib.compress(bytes(64 << 20), 9))
    yield "a TIFF of 65535×65535", tiff(SIDE, SIDE, bytes(16))
    yield "a TIFF of 2³²−1 columns", tiff(0xFFFFFFFF, 0xFFFFFFFF, bytes(16))
    yield "a TIFF of 64-bit floats", tiff(SIDE, SIDE, bytes(16), bits=64, sample=3)
    yield "a JPEG of 65535×65535", jpeg(SIDE, SIDE)
    yield "a BMP of 65535×65535", bmp(SIDE, SIDE)
    yield "a BMP of 2³¹−1 columns", bmp(0x7FFFFFFF, -0x80000000)
    yield "a GIF of 65535×65535", gif(SIDE, SIDE)
    yield "a WebP of 16384×16384", webp(16384, 16384)
    yield "a JPEG 2000 of 65535×65535", jpeg2000(SIDE, SIDE)
    yield "a JPEG 2000 of 2³²−1", jpeg2000(0xFFFFFFFF, 0xFFFFFFFF)
    yield "an MRC of 65535×65535", mrc(SIDE, SIDE)
    yield "an MRC of 2³¹−1", mrc(0x7FFFFFFF, 0x7FFFFFFF)
    yield "a PGM of 65535×65535", b"P5 65535 65535 255\n" + bytes(64)
    yield "a PPM of text", b"P3 65535 65535 255\n" + b"1 " * 64
    yield "a PBM of 2³¹−1", b"P4 2147483647 2147483647\n" + bytes(64)
    yield "a PFM of 65535×65535", b"Pf\n65535 65535\n-1.0\n" + bytes(64)
    yield "an array of 65535×65535", npy((SIDE, SIDE))
    yield "an array of 2⁶²", npy((1 << 31, 1 << 31), "<f8")
