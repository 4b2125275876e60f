"""The files of this folder, kind by kind."""

import struct

import numpy as np
from PIL import Image

import kinds
from kinds import FLOAT, SIGNED, UNSIGNED, Case, Page, plain
from writer import ASCII, BYTE, LONG, RATIONAL, SHORT, page, tiff


def numbers(random):
    """Every type of sample, in both byte orders."""
    for bits in (1, 2, 3, 4, 6, 8, 9, 10, 12, 14, 16, 20, 24, 32, 64):
        for number in (UNSIGNED, SIGNED):
            if number == SIGNED and bits in (1, 3, 6, 9):
                continue
            order = "<>"[bits % 3 == 0]
            yield plain(f"{number}{bits}", random, number=number, bits=bits, order=order, rows=5)
    yield plain("unsigned12_big_endian_tiles", random, bits=12, order=">", tile=(16, 16),
                compression=5)
    yield plain("unsigned12_reversed_bits", random, bits=12, fill_order=2)
    yield plain("unsigned10_rgb_planar", random, bits=10, channels=3, photometric=2, planar=True)
    yield plain("unsigned16_reversed_bits", random, bits=16, order=">", fill_order=2,
                compression=8)
    yield plain("unsigned4_rgb", random, bits=4, channels=3, photometric=2)
    for bits in (16, 24, 32, 64):
        yield plain(f"float{bits}", random, number=FLOAT, bits=bits, rows=4)
        yield plain(f"float{bits}_big_endian_tiles", random, number=FLOAT, bits=bits, order=">",
                    tile=(16, 16), compression=8)
    holes = kinds.stored(random, (13, 17, 1), FLOAT, 32)
    holes[random.random(holes.shape) < 0.1] = np.nan
    holes[0, 0], holes[0, 1] = np.inf, -np.inf
    yield plain("float32_not_a_number", random, number=FLOAT, bits=32, samples=holes)
    yield plain("float16_not_a_number", random, number=FLOAT, bits=16, order=">",
                samples=holes.astype(np.float16), big=True)
    wide = kinds.stored(random, (13, 17, 1), UNSIGNED, 12)
    made = page(wide, 16, 1, tags={258: (SHORT, [12])})
    yield Case("unsigned12_unpacked", tiff([made]),
               [Page(wide, "grey", bits=12, notices=("16 bits each",))], checked=False)
    made = page(wide.byteswap(), 16, 1, rows=4, tags={258: (SHORT, [12])})
    yield Case("unsigned12_unpacked_big_endian",
               tiff([(made[0], made[1])], ">"),
               [Page(wide, "grey", bits=12, notices=("16 bits each",))], checked=False)


def white_is_zero(random):
    for number, bits in [(UNSIGNED, 1), (UNSIGNED, 4), (UNSIGNED, 12), (UNSIGNED, 24),
                         (SIGNED, 8), (SIGNED, 16), (SIGNED, 32), (FLOAT, 16), (FLOAT, 32),
                         (FLOAT, 64)]:
        yield plain(f"white_is_zero_{number}{bits}", random, number=number, bits=bits,
                    photometric=0, order="<>"[bits == 16], rows=6)
    yield plain("white_is_zero_4_channels_planar", random, bits=16, channels=4, photometric=0,
                planar=True)


def channels(random):
    yield plain("channels2_big_endian_tiles", random, bits=16, channels=2, order=">",
                tile=(16, 16), extras=[0])
    yield plain("channels2_float32_big", random, number=FLOAT, bits=32, channels=2, big=True,
                compression=8)
    yield plain("channels5_planar_tiles", random, channels=5, planar=True, tile=(16, 16),
                compression=5, extras=[0] * 4)
    yield plain("channels5_planar_big_endian", random, bits=16, channels=5, planar=True,
                order=">", rows=4)
    yield plain("channels3_contiguous", random, channels=3, compression=8, extras=[0, 0])
    yield plain("channels3_planar_float32", random, number=FLOAT, bits=32, channels=3, planar=True)
    yield plain("channels4_packed12", random, bits=12, channels=4)
    empty = kinds.stored(random, (13, 17, 2), UNSIGNED, 16)
    empty[..., 0] = 0
    yield plain("channels2_first_empty", random, bits=16, samples=empty, planar=True, order=">")
    yield plain("channels64", random, channels=64, size=(5, 4))
    yield plain("channels2_with_alpha", random, channels=3, extras=[0, 2], keep=(0, 1),
                notices=("alpha",))
    yield plain("channels3_two_alphas", random, channels=3, extras=[2, 2])
    yield plain("rgb_of_two", random, channels=2, photometric=2, planar=True,
                notices=("says RGB",))
    yield plain("rgb_of_five", random, bits=16, channels=5, photometric=2, extras=[0, 0],
                notices=("says RGB",))
    yield plain("rgb_and_one", random, bits=16, channels=4, photometric=2, extras=[0],
                keep=(0, 1, 2), notices=("beside",))
    yield plain("no_photometric", random, bits=16, channels=3, tags={262: None},
                notices=("does not say",))


def alpha(random):
    yield kinds.premultiplied("associated_alpha8", random, rows=5)
    yield kinds.premultiplied("associated_alpha16_planar", random, bits=16, planar=True, order=">")
    yield kinds.premultiplied("associated_alpha_grey_tiles", random, channels=1, tile=(16, 16))
    yield kinds.premultiplied("associated_alpha_float32", random, number=FLOAT, bits=32,
                              planar=True, tile=(16, 16))
    yield plain("alpha16_planar", random, bits=16, channels=4, photometric=2, planar=True,
                extras=[2], keep=(0, 1, 2), notices=("alpha",))


def palettes(random):
    yield kinds.palette("palette8_of_8_bits_tiles", random, eight_bit_map=True, order=">",
                        tile=(16, 16))
    yield kinds.palette("palette4_of_8_bits", random, bits=4, eight_bit_map=True)
    yield kinds.palette("palette1", random, bits=1, rows=3)
    yield kinds.palette("palette2_big_endian", random, bits=2, order=">")
    yield kinds.palette("palette11", random, bits=11)
    yield kinds.palette("palette12_of_8_bits", random, bits=12, eight_bit_map=True, order=">")


def fax(random):
    bilevel = np.zeros((29, 37), bool)
    bilevel[4:20, 5:30] = True
    bilevel[random.random(bilevel.shape) < 0.1] ^= True
    image = Image.fromarray(bilevel)
    shown = (bilevel * np.uint8(255))[..., None]
    for name, compression, how in [
            ("fax_group4", "group4", {}), ("fax_group3", "group3", {}),
            ("fax_group3_two_dimensions", "group3", {292: 1}), ("fax_rle", "tiff_ccitt", {}),
            ("fax_group4_strips", "group4", {278: 8})]:
        yield kinds.by_pillow(name, image, [Page(shown, "grey", bits=1)],
                              compression=compression, tiffinfo=how)
        # Without a photometric tag white is 0, as in fax machines.
        yield kinds.by_pillow(f"{name}_white_is_zero", image,
                              [Page(shown, "grey", bits=1, notices=("inverted",))],
                              checked=False, compression=compression, tiffinfo=how | {262: 0})


def colours(random):
    yield kinds.inks("inks_planar", random, planar=True)
    yield kinds.inks("inks16_big_endian", random, bits=16, order=">", rows=4)
    yield kinds.inks("inks_with_alpha_tiles", random, alpha=True, tile=(16, 16))
    for photometric, name in [(8, "cielab"), (9, "icclab"), (10, "itulab")]:
        yield kinds.lab(name, random, photometric=photometric)
    yield kinds.lab("cielab_planar", random, planar=True)
    yield kinds.lab("icclab16_big_endian", random, photometric=9, bits=16, order=">")
    yield plain("cielab_lightness", random, photometric=8)
    for block in [(1, 1), (2, 1), (2, 2), (4, 2), (4, 4), (1, 2)]:
        yield kinds.ycbcr(f"ycbcr_{block[0]}x{block[1]}", random, block=block)
    yield kinds.ycbcr("ycbcr_2x2_strips_lzw", random, rows=4, compression=5)
    yield kinds.ycbcr("ycbcr_2x2_tiles_big_endian", random, tile=(16, 16), order=">")


def jpeg(random):
    yield kinds.jpeg_rgb_tag("jpeg_jfif_under_rgb", kinds.jfif(0))
    yield kinds.jpeg_rgb_tag("jpeg_jfif_under_rgb_subsampled", kinds.jfif(2), order=">")
    yield kinds.jpeg_rgb_tag("jpeg_jfif_under_rgb_tiles", kinds.jfif(1), tile=(16, 16))
    yield kinds.jpeg_rgb_tag("jpeg_bare_under_rgb", kinds.bare(2))
    yield kinds.jpeg_rgb_tag("jpeg_tables_under_rgb", kinds.bare(0))
    yield kinds.jpeg_rgb_tag("jpeg_adobe_under_rgb", kinds.adobe(1))
    yield kinds.jpeg_rgb_tag("jpeg_adobe_rgb", kinds.adobe(0), notices=())
    yield kinds.jpeg_rgb_tag("jpeg_named_rgb", kinds.named_rgb, notices=())
    yield kinds.jpeg_rgb_tag("jpeg_named_rgb_under_ycbcr", kinds.named_rgb, photometric=6,
                             notices=("RGB",))
    yield kinds.jpeg_rgb_tag("jpeg_ycbcr_other_subsampling", kinds.jfif(2), photometric=6,
                             notices=(), subsampling=[1, 1])
    yield kinds.old_jpeg("old_jpeg")
    grey = kinds.smooth((32, 48), 1)
    yield kinds.by_tifffile("jpeg_grey_tiles", grey[..., 0], UNSIGNED, 8, "grey", tolerance=12,
                            tile=(16, 16), compression="jpeg", compressionargs={"level": 95})


def compressions(random):
    for number, bits, dtype in [(UNSIGNED, 8, np.uint8), (UNSIGNED, 16, np.uint16),
                                (SIGNED, 16, np.int16), (SIGNED, 32, np.int32),
                                (UNSIGNED, 64, np.uint64)]:
        samples = kinds.stored(random, (13, 17), number, bits)
        yield kinds.by_tifffile(f"predictor2_{number}{bits}", samples, number, bits, "grey",
                                compression="lzw" if bits != 64 else "zstd", predictor=2,
                                byteorder="<>"[bits == 16], tile=(16, 16), photometric="minisblack")
    for bits in (16, 32, 64):
        samples = kinds.stored(random, (13, 17), FLOAT, bits)
        yield kinds.by_tifffile(f"predictor3_float{bits}", samples, FLOAT, bits, "grey",
                                compression="deflate", predictor=3,
                                byteorder="<>"[bits == 64])
    eight = kinds.stored(random, (13, 17), UNSIGNED, 8)
    rgb = kinds.stored(random, (13, 17, 3), UNSIGNED, 8)
    yield kinds.by_tifffile("lzma", eight, UNSIGNED, 8, "grey", compression="lzma")
    yield kinds.by_tifffile("packbits", eight, UNSIGNED, 8, "grey", compression="packbits")
    yield kinds.by_tifffile("webp", rgb, UNSIGNED, 8, "colour", compression="webp",
                            compressionargs={"lossless": True}, photometric="rgb")
    yield kinds.by_tifffile("lerc_float32", kinds.stored(random, (13, 17), FLOAT, 32), FLOAT, 32,
                            "grey", compression="lerc", compressionargs={"level": 0})
    yield kinds.by_tifffile("lerc_unsigned16_zstd", kinds.stored(random, (13, 17), UNSIGNED, 16),
                            UNSIGNED, 16, "grey", compression="lerc",
                            compressionargs={"level": 0, "compression": "zstd"})
    four = kinds.stored(random, (13, 18, 1), UNSIGNED, 4)
    # ThunderScan's raw codes: 11 and one sample each. Source: libtiff's `tif_thunder.c`.
    raw = lambda _, piece: (0xC0 | piece.reshape(-1)).astype(np.uint8).tobytes()
    made = page(four, 4, 1, encode=raw, compression=32809)
    yield Case("thunderscan", tiff([made]),
               [Page(kinds.decoded(four, UNSIGNED, 4), "grey", bits=4)], checked=False)
    two = kinds.stored(random, (13, 17, 1), UNSIGNED, 2)
    # NeXT's literal rows: a zero, then the row.
    literal = lambda data, piece: b"".join(
        b"\0" + data[i:i + 5] for i in range(0, len(data), 5))
    made = page(two, 2, 1, encode=literal, compression=32766)
    yield Case("next", tiff([made]), [Page(kinds.decoded(two, UNSIGNED, 2), "grey", bits=2)],
               checked=False)


def stacks(random):
    yield kinds.imagej("imagej_one_directory", random)
    yield kinds.imagej("imagej_float32", random, number=FLOAT, bits=32, order="<", rows=4,
                       unit="nm", resolution=(3, 2))
    yield kinds.imagej("imagej_colour", random, bits=8, channels=3, planes=3, unit="\\u00B5m")
    yield kinds.imagej("imagej_hyperstack", random, dimensions="channels=2\nslices=3\n",
                       notices=("2 channels x 3 slices",))
    yield kinds.metamorph("metamorph", random)
    yield kinds.metamorph("metamorph_big_endian", random, order=">")
    yield kinds.ome("ome_plain", random, notices=("3 slices x 2 channels",))
    yield kinds.ome("ome_channels_first", random, order="XYCZT", byte_order=">",
                    notices=("2 channels x 3 slices",))
    reversed_blocks = "".join(
        f'<TiffData IFD="{5 - i}" FirstZ="{i % 3}" FirstC="{i // 3}" PlaneCount="1"/>'
        for i in range(6))
    yield kinds.ome("ome_reversed", random, blocks=reversed_blocks,
                    directories=[5, 4, 3, 2, 1, 0], notices=("slices",), unit="nm")
    by_channel = ('<TiffData IFD="3" FirstC="0" PlaneCount="3"><UUID FileName="a.ome.tif">'
                  'urn:uuid:1</UUID></TiffData><TiffData IFD="0" FirstC="1" PlaneCount="3"/>')
    yield kinds.ome("ome_channels_swapped", random, blocks=by_channel,
                    directories=[3, 4, 5, 0, 1, 2], notices=("slices",))
    wrong = '<TiffData IFD="7" PlaneCount="1"/>'
    yield kinds.ome("ome_wrong", random, blocks=wrong, notices=("does not fit",))
    other = ('<TiffData IFD="0" FirstC="1" PlaneCount="3"><UUID FileName="b.ome.tif">'
             'urn:uuid:2</UUID></TiffData>')
    yield kinds.ome("ome_one_of_set", random, blocks=other, notices=("one of an OME-TIFF set",))


def chains(random):
    samples = kinds.stored(random, (13, 17, 1), UNSIGNED, 8)
    def found(*notices):
        return [Page(samples, "grey", notices=notices)]

    for order in "<>":
        made = page(samples, 8, 1, order=order)
        name = "big_endian" if order == ">" else "little_endian"
        thumb = kinds.thumbnail(order)
        yield Case(f"thumbnail_first_{name}", tiff([thumb, made], order, big=order == ">"),
                   found("1 page was"), checked=False)
        yield Case(f"loop_{name}", tiff([made], order, last="loop"), found("a loop"))
        yield Case(f"bad_next_{name}", tiff([made], order, big=order == "<", last=0xFFFFFF),
                   found("behind the file's end"))
    mask = kinds.thumbnail(mask=True)
    old = kinds.thumbnail(old=True)
    made = page(samples, 8, 1)
    yield Case("mask_and_thumbnails", tiff([mask, old, made, kinds.thumbnail()]),
               found("3 pages were"), checked=False)
    reduced = page(samples, 8, 1, tags={254: (LONG, [1])})
    yield Case("only_a_thumbnail", tiff([reduced]), found("All pages"), checked=False)
    yield Case("loop_of_two", tiff([made, made], last="loop"),
               [Page(samples, "grey", notices=("a loop",))] * 2, checked=False)


def sizes(random):
    """Where pixel sizes are found, and where what looks like one is none."""
    samples = kinds.stored(random, (13, 17, 1), UNSIGNED, 8)

    def sized(name, size, order="<", notices=(), orientation=1, **tags):
        tags = {int(tag[1:]): value for tag, value in tags.items()}
        made = page(samples, 8, 1, order=order, tags=tags)
        return Case(f"size_{name}", tiff([made], order),
                    [Page(samples, "grey", size=size, notices=notices, orientation=orientation)],
                    checked=False)

    def resolution(value, unit, down=None):
        return {"_282": (RATIONAL, [value]), "_283": (RATIONAL, [down or value]),
                "_296": (SHORT, [unit])}

    yield sized("inch", (0.0254 / 1e6, 0.0254 / 5e5), **resolution((10**6, 1), 2, (5 * 10**5, 1)))
    yield sized("centimetre_big_endian", (0.01 / 2.5e5,) * 2, ">", **resolution((500000, 2), 3))
    for name, value, unit in [("72", (72, 1), 2), ("96", (96, 1), 2), ("150", (150, 1), 2),
                              ("300", (300, 1), 2), ("72_in_centimetres", (28346, 1000), 3),
                              ("1", (1, 1), 3), ("no_unit", (5000, 1), 1), ("zero", (0, 1), 2)]:
        yield sized(f"none_{name}", None, **resolution(value, unit))
    fei = "[User]\r\nDate=1\r\n[Scan]\r\nPixelWidth=4.5e-09\r\nPixelHeight=5e-09\r\n\0"
    yield sized("fei", (4.5e-9, 5e-9), _34682=(ASCII, fei), **resolution((72, 1), 2))
    yield sized("fei_34680", (4.5e-9, 5e-9), ">", _34680=(ASCII, fei))
    height = "[User]\r\nDate=1\r\n[Scan]\r\nPixelHeight=1.2e-9\r\nVerFieldsize=1e-7\r\n\0"
    yield sized("fei_height_alone", (1.2e-9,) * 2, _34682=(ASCII, height))
    zeiss = b"\r\nAP_WD\r\nWD = 4.1 mm\r\nAP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = 4.96 nm\r\n\0"
    yield sized("zeiss", (4.96e-9,) * 2, _34118=(ASCII, zeiss))
    zeiss = b"AP_PIXEL_SIZE\r\nPixel Size = 1.25 \xb5m\r\n\0"
    yield sized("zeiss_micro", (1.25e-6,) * 2, ">", _34118=(ASCII, zeiss))
    lsm = bytes(40) + np.array([2e-7, 3e-7], "<f8").tobytes()
    yield sized("zeiss_lsm", (2e-7, 3e-7), _34412=(BYTE, lsm))
    for name, how in [("olympus", {}), ("olympus_pointer_big_endian", {"order": ">", "apart": True}),
                      ("olympus_none", {"kind": 10})]:
        yield Case(f"size_{name}", olympus(samples, **how),
                   [Page(samples, "grey", size=None if how.get("kind") else (2.5e-9, 3e-9))],
                   checked=False)
    yield sized("orientation6", None, orientation=6, _274=(SHORT, [6]))


def olympus(samples, order="<", apart=False, kind=1):
    """A file with a block of Olympus's in the tag or, `apart`, where the tag points to."""
    def made(at):
        general = bytes(10) + struct.pack("<hdd", -9, 2.5, 3.0)
        block = (b"SIS0" + bytes(54) + struct.pack("<H", 2) + struct.pack("<hhI", 10, 1, 0)
                 + struct.pack("<hhI", kind, 1, at + 76) + general)
        tag = (LONG, [at]) if apart else (BYTE, block)
        return tiff([page(samples, 8, 1, order=order, tags={33560: tag})], order,
                    behind=block if apart else b"")

    return made(made(0).index(b"SIS0"))


def refused(random):
    samples = kinds.stored(random, (13, 17, 1), UNSIGNED, 8)

    def of(name, words, pixels=samples, bits=8, photometric=1, **how):
        return Case(f"refused_{name}", tiff([page(pixels, bits, photometric, **how)]),
                    refused=words)

    for code, name in [(33003, "JPEG 2000"), (33005, "JPEG 2000"), (34712, "JPEG 2000"),
                       (34934, "JPEG XR"), (50002, "JPEG XL"), (34661, "JBIG"),
                       (32909, "PixarLog"), (34676, "SGI LogLuv"), (65000, "electron events (EER)"),
                       (4242, "unknown")]:
        yield of(f"compression{code}",
                 f"compression {code} ({name}); save it uncompressed or with LZW",
                 compression=code)
    complexes = kinds.stored(random, (13, 34, 1), FLOAT, 32)
    yield of("complex", "complex numbers; save their magnitude", complexes, 32,
             tags={256: (LONG, [17]), 258: (SHORT, [64])}, sample_format=6)
    yield of("filter_array", "a sensor's colour filter array", photometric=32803)
    yield of("logluv", "logarithmic luminance (LogLuv)", photometric=32845)
    yield of("inks2", "6 inks that are not those of CMYK; save it as RGB",
             kinds.stored(random, (13, 17, 6), UNSIGNED, 8), photometric=5,
             tags={332: (SHORT, [2]), 334: (SHORT, [6])})
    yield of("65_samples", "65 samples for each pixel",
             kinds.stored(random, (3, 4, 65), UNSIGNED, 8))
    yield of("different_bits", "Cannot handle different values per sample for \"BitsPerSample\"",
             kinds.stored(random, (13, 17, 3), UNSIGNED, 8), photometric=2,
             tags={258: (SHORT, [8, 8, 4])})
    yield of("predictor24", "predictor 2 for samples of 24 bits",
             kinds.stored(random, (13, 17, 1), UNSIGNED, 24), 24, compression=8,
             encode=kinds.COMPRESSIONS[8], tags={317: (SHORT, [2])})


def cases():
    random = np.random.default_rng(20261129)
    for kind in (numbers, white_is_zero, channels, alpha, palettes, fax, colours, jpeg,
                 compressions, stacks, chains, sizes, refused):
        yield from kind(random)
