"""What schemathesis cannot make up: bodies that are images, arrays and maps, and names of what is
kept. Used by `bin/torture contract`; EYEPIECE is the server's address."""
import hashlib
import json
import os
import random
import struct
import urllib.request
import zlib

import schemathesis
from schemathesis.generation import GenerationMode
from schemathesis.transport.serialization import Binary

BASE = os.environ["EYEPIECE"]
WIDTH, HEIGHT, DIM = 40, 30, 384


def png(levels):
    """A grey PNG of WIDTH×HEIGHT."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(
            ">I", zlib.crc32(kind + data))
    rows = b"".join(
        b"\0" + bytes(levels[y * WIDTH:(y + 1) * WIDTH]) for y in range(HEIGHT))
    return (b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 0, 0, 0, 0))
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def npy(kind, shape, data):
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape!r}, }}\n".encode()
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) + header + data


def tensors(**arrays):
    header, data = {}, b""
    for name, (shape, values) in arrays.items():
        packed = struct.pack(f"<{len(values)}f", *values)
        header[name] = {"dtype": "F32", "shape": shape,
                        "data_offsets": [len(data), len(data) + len(packed)]}
        data += packed
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


CHANCE = random.Random(1)
DRAWN = [png([CHANCE.randrange(256) for _ in range(WIDTH * HEIGHT)]) for _ in range(3)]
IMAGES = {"sha256-" + hashlib.sha256(image).hexdigest(): image for image in DRAWN}
LABELS = png([CHANCE.choice((0, 0, 0, 1, 2)) for _ in range(WIDTH * HEIGHT)])
WEIGHT = [CHANCE.uniform(-1, 1) for _ in range(3 * DIM)]
MAPS = [npy("<f4", (3, DIM), struct.pack(f"<{3 * DIM}f", *WEIGHT)),
        tensors(weight=([3, DIM], WEIGHT), bias=([3], [0.5, -0.5, 0]))]
POINTS = [npy("<i4", (2, 2), struct.pack("<4i", 1, 2, 39, 29)), LABELS]


def ask(method, path, body=None):
    request = urllib.request.Request(BASE + path, body, method=method)
    with urllib.request.urlopen(request) as response:
        return response.read()


for name, image in IMAGES.items():
    ask("PUT", "/images/" + name, image)
FIELDS = [json.loads(ask("POST", "/fields?flips=none&quality=" + quality, image))["id"]
          for quality in ("draft", "standard") for image in DRAWN[:2]]


def is_sound(case):
    """Whether the document allows a request that is to succeed, as most of those are."""
    return (case.meta is not None and case.meta.generation.mode == GenerationMode.POSITIVE
            and CHANCE.random() < 0.9)


@schemathesis.hook
def before_call(context, case, **kwargs):
    """Names what is kept, and places that a field has or just has not."""
    if not is_sound(case):
        return
    path, query = case.path_parameters or {}, case.query or {}
    if "id" in path:
        path["id"] = CHANCE.choice(FIELDS)
    if "image" in path and case.operation.method.upper() != "DELETE":
        path["image"] = CHANCE.choice(list(IMAGES))
    for key, values in (("image", list(IMAGES)), ("basis", FIELDS),
                        ("region", ("0,0,40,30", "3,4,5,6", "39,29,1,1", "0,0,41,1")),
                        ("points", ("0,0", "3,4;39,29", "1,1;1,1", "40,0"))):
        if key in query:
            query[key] = CHANCE.choice(values)


@schemathesis.serializer(
    "image/png", "image/jpeg", "image/tiff", "application/x-npy", "application/x-safetensors",
    "application/octet-stream")
def body(context, value):
    """Bodies that can be read; whatever came up where the request is not to succeed."""
    case = context.case
    if not is_sound(case):
        return value.data if isinstance(value, Binary) else str(value).encode()
    path = case.operation.path
    if path.endswith("/sample"):
        return CHANCE.choice(POINTS)
    if path.endswith("/project"):
        return CHANCE.choice(MAPS)
    if "image" in (case.query or {}):
        return b""
    name = (case.path_parameters or {}).get("image")
    return IMAGES.get(name) or CHANCE.choice(list(IMAGES.values()))
