"""Requests over all outputs, formats, options and families, and what is sent with them."""
import json
import math
import random
import struct
from typing import NamedTuple

from bad_input import chunk, tiff
from server import picture


class Question(NamedTuple):
    """A request: `{name}` in its target is the digest of a body or of a field."""

    method: str
    target: str
    body: str = ""
    fields: dict = {}

    def __str__(self):
        fields = "".join(f" {key}: {value}" for key, value in self.fields.items())
        return f"{self.method} {self.target}{' ' + self.body if self.body else ''}{fields}"


def drawn(width, height, seed, channels=1, depth=8):
    """A PNG of slow waves and noise, stored so that each version of zlib writes the same bytes."""
    chance = random.Random(seed)
    largest = 2 ** depth - 1
    phases = [chance.uniform(0, 6) for _ in range(4 * channels)]
    rows = b""
    for y in range(height):
        rows += b"\0"
        for x in range(width):
            for channel in range(channels):
                a, b, c, d = phases[4 * channel:4 * channel + 4]
                wave = math.sin(x / (4 + a) + b) + math.cos(y / (5 + c) + d)
                level = 0.5 + 0.18 * wave + 0.1 * (chance.random() - 0.5)
                rows += int(largest * level).to_bytes(depth // 8, "big")
    # zlib's format, every block stored: RFC 1950 and 1951.
    blocks = [rows[at:at + 65535] for at in range(0, len(rows), 65535)]
    packed = b"\x78\x01" + b"".join(
        struct.pack("<BHH", block is blocks[-1], len(block), 65535 - len(block)) + block
        for block in blocks)
    low, high = 1, 0
    for byte in rows:
        low = (low + byte) % 65521
        high = (high + low) % 65521
    head = struct.pack(">IIBBBBB", width, height, depth, 2 if channels == 3 else 0, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
            + chunk(b"IDAT", packed + struct.pack(">I", high << 16 | low)) + chunk(b"IEND", b""))


def npy(type, shape, values):
    """An npy file of packed values."""
    head = f"{{'descr': '{type}', 'fortran_order': False, 'shape': {tuple(shape)}, }}"
    head += " " * (53 - len(head) % 64 if len(head) % 64 <= 53 else 117 - len(head) % 64) + "\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head.encode() + values


def numbers(count, seed, least=-2.0, largest=2.0):
    chance = random.Random(seed)
    return struct.pack(f"<{count}f", *(chance.uniform(least, largest) for _ in range(count)))


def tensors(**named):
    """A safetensors file of float32 tensors: name=(shape, values)."""
    head, data = {}, b""
    for name, (shape, values) in named.items():
        head[name] = {"dtype": "F32", "shape": shape,
                      "data_offsets": [len(data), len(data) + len(values)]}
        data += values
    text = json.dumps(head).encode()
    return struct.pack("<Q", len(text)) + text + data


def painted(width, height):
    """A picture of labels 0, 1, 2 and 7, most of it 0."""
    rows = bytes((x // 3 % 4 and y % 5 == 2 and (1, 2, 7)[x // 3 % 4 - 1]) or 0
                 for y in range(height) for x in range(width))
    return tiff(width, height, rows)


BOUNDARY = {"Content-Type": "multipart/form-data; boundary=edge"}


def form(*parts):
    return b"".join(
        f'--edge\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'.encode() + data
        + b"\r\n" for name, data in parts) + b"--edge--\r\n"


WAVES = drawn(75, 58, 1)
BODIES = {
    "waves": WAVES, "colours": drawn(64, 64, 2, channels=3), "deep": drawn(48, 70, 3, depth=16),
    "square": drawn(80, 80, 4), "large": picture("two_phase.png"), "other": drawn(75, 58, 5),
    "pages": picture("pages.tif"),
    "jpeg": picture("rgb.jpg"), "floats": tiff(
        40, 32, struct.pack("<1280f", *(math.sin(i / 7) * 900 for i in range(1280))), 32, 3),
    "form": form(("image", WAVES), ("output", b"cls"), ("quality", b"draft")),
    "later": form(("image", WAVES), ("output", b"pca")),
    "points": b'{"points": [[0, 0], [12, 7], [74, 57], [12, 7]]}',
    "integers": npy("<i8", (3, 2), struct.pack("<6q", 3, 4, 70, 1, 0, 57)),
    "outside": b'{"points": [[75, 0]]}', "labels": painted(75, 58),
    "map": npy("<f4", (5, 384), numbers(5 * 384, 6)),
    "biased": tensors(weight=([4, 384], numbers(4 * 384, 7)), bias=([4], numbers(4, 8))),
    "narrow": npy("<f4", (3, 32), numbers(96, 9)), "text": b"no image at all",
    "cut": WAVES[:900],
    "wrecked": drawn(64, 64, 2, channels=3)[:33] + bytes(64),
}


def post(query, body="waves", **fields):
    return Question("POST", f"/features?{query}", body, fields)


def get(target, **fields):
    return Question("GET", target, "", {key.replace("_", "-"): fields[key] for key in fields})


FIELDS = {
    "whole": Question("POST", "/fields?quality=draft", "waves"),
    "beside": Question("POST", "/fields?quality=draft&flips=none", "other"),
    "turned": Question("POST", "/fields?quality=draft&rotations=quarter&flips=both", "square"),
    "near": Question("POST", "/fields?quality=hrdv2", "colours"),
    "tiny": Question("POST", "/fields?model=tiny_vit&stride=5&shifts=1", "deep"),
    "staged": Question("POST", "/fields?model=tiny_hiera", "square"),
    "sam": Question("POST", "/fields?model=tiny_sam", "square"),
    "large": Question("POST", "/fields?quality=draft&shifts=2&flips=horizontal", "large"),
}

DRAFT = "quality=draft&flips=none"

POSTED = [
    # Outputs.
    post("quality=draft"), post("quality=draft&output=pca"),
    post("quality=draft&output=foreground"),
    post("quality=draft&output=attention"), post("quality=draft&output=attention&format=png"),
    post("quality=draft&output=cls"), post("quality=draft&output=pca&components=3&format=npy"),
    # Formats and numbers.
    *(post(f"{DRAFT}&region=3,5,20,11&format={name}&dtype={dtype}")
      for name in ("npy", "npz", "safetensors", "raw", "tiff") for dtype in ("float32", "float16")),
    *(post(f"{DRAFT}&output=attention&region=0,1,30,9&format={name}")
      for name in ("npz", "safetensors", "raw", "tiff")),
    *(post(f"{DRAFT}&output=cls&format={name}") for name in ("npz", "safetensors", "raw")),
    # Views.
    post("region=0,0,40,30"), post("quality=fine&output=pca&format=raw"),
    post("quality=hrdv2&output=pca&format=npy", "colours"), post("stride=9&flips=hrdv2&grid=patch"),
    post("stride=14&flips=horizontal&shifts=3&neighbourhood=neumann&grid=patch"),
    post("stride=14&flips=vertical&shifts=1,4&grid=patch"),
    post("quality=draft&rotations=quarter&grid=patch", "square"),
    post(f"{DRAFT}&upsample=nearest&alignment=image&points=0,0;74,57;30,20"),
    post(f"{DRAFT}&upsample=nearest&alignment=patches&points=0,0;74,57;30,20"),
    post(f"{DRAFT}&upsample=bilinear&alignment=image&points=0,0;74,57;30,20"),
    *(post(f"{DRAFT}&output={output}&precision={precision}", "large")
      for output in ("pca", "foreground", "attention") for precision in ("float32", "bfloat16")),
    # The image.
    post(f"{DRAFT}&fit=crop"), post(f"{DRAFT}&fit=pad&output=pca", "jpeg"),
    post(f"{DRAFT}&resize=42&output=attention"),
    post(f"{DRAFT}&page=1&scale=max&grid=patch", "pages"),
    post(f"{DRAFT}&scale=none&output=cls", "floats"),
    post(f"{DRAFT}&scale=percentile&output=cls", "floats"),
    post(f"{DRAFT}&scale=-300,700&output=cls", "floats"),
    post(f"{DRAFT}&scale=auto&output=cls", "deep"),
    post(f"{DRAFT}&output=cls", "colours"),
    # What is read of it.
    post(f"{DRAFT}&layer=3&grid=patch"), post(f"{DRAFT}&layer=-2&facet=key&grid=patch"),
    post(f"{DRAFT}&facet=query&grid=patch"), post(f"{DRAFT}&facet=value&output=cls"),
    *(post(f"{DRAFT}&output=attention&attention={kind}&grid=patch")
      for kind in ("output", "query", "key", "value")),
    post(f"{DRAFT}&normalise=l2&grid=patch"), post(f"{DRAFT}&normalise=l2&region=1,2,9,8"),
    post(f"{DRAFT}&components=4"), post(f"{DRAFT}&components=2&grid=patch&normalise=l2"),
    post(f"{DRAFT}&precision=bfloat16&grid=patch"), post(f"{DRAFT}&precision=bfloat16&output=pca"),
    post(f"{DRAFT}&precision=auto&output=cls"),
    # Forms, kept images, what is liked.
    Question("POST", "/features", "form", BOUNDARY),
    Question("POST", f"/features?{DRAFT}&output=cls&image=sha256-{{waves}}"),
    post(f"{DRAFT}&output=pca", Accept="application/x-npy"),
    post(f"{DRAFT}&output=attention", Accept="image/png;q=0.9, image/tiff"),
]

SMALL = [post(f"model=tiny_{name}&{query}", "square") for name, query in [
    ("vit", "output=features&grid=patch"), ("vit", "output=logits"), ("vit", "output=logits&top=3"),
    ("vit", "output=logits&format=npy"), ("vit", "output=pca&format=npy"),
    ("vit_average", "output=cls"), ("vit_average", "output=logits&format=npz"),
    ("vit_torchvision", "output=logits"), ("vit_torchvision", "output=attention"),
    ("deit_distilled", "output=logits"), ("deit_distilled", "grid=patch"),
    ("dino_hf", "output=attention&grid=patch"), ("dino_hf", "precision=bfloat16&grid=patch"),
    ("dinov2_registers", "output=foreground"), ("dinov2_registers", "grid=patch&stride=3"),
    ("dinov2_swiglu", "grid=patch"), ("dinov3", "grid=patch"), ("dinov3", "output=attention"),
    ("dinov3_swiglu", "output=pca"), ("mae", "output=reconstruction"),
    ("mae", "output=reconstruction&seed=5"), ("mae", "grid=patch"), ("hiera", "grid=patch"),
    ("hiera", "output=logits"), ("hiera", "layer=2&grid=patch"), ("hiera", "output=pca"),
    ("hiera_mae", "output=reconstruction"), ("sam", "grid=patch"), ("sam", "fit=frame&grid=patch"),
    ("sam", "layer=1&output=pca&format=npy"), ("sam", "output=cls"),
    ("guided", "upsample=jbu"), ("guided", "upsample=jbu&region=3,5,17,2&normalise=l2"),
    ("guided", "upsample=jbu&output=pca&format=npy"), ("guided", "upsample=jbu&grid=patch"),
]]

KEPT = [
    get("/fields/{whole}"), get("/fields/{sam}"),
    *(get(f"/fields/{{whole}}/{target}") for target in (
        "features", "features?region=5,6,7,8&dtype=float16", "features?components=3&grid=patch",
        "features?components=3&basis={beside}&points=1,1;70,50",
        "features?format=tiff&region=0,0,9,4",
        "features?upsample=nearest&format=npz&region=30,0,9,40",
        "features?alignment=image&normalise=l2&points=0,0;74,57;30,20",
        "features?stride=10&grid=patch", "features?layer=5&flips=none&grid=patch", "pca",
        "pca?region=9,9,30,20", "pca?format=npy&grid=patch",
        "pca?format=safetensors&basis={beside}",
        "pca?components=5&format=tiff", "attention", "attention?format=png&region=1,2,60,50",
        "attention?attention=key&normalise=l2&grid=patch", "cls", "cls?dtype=float16&normalise=l2",
        "cls?layer=2&facet=key", "foreground", "foreground?region=10,10,20,30",
        "similarity?x=3&y=4",
        "similarity?points=1,1;40,40&format=png", "similarity?x=60&y=50&format=npz&dtype=float16")),
    *(get(f"/fields/{{turned}}/{target}") for target in (
        "features?points=0,0;79,0;0,79;79,79;40,41", "pca?format=npy", "similarity?x=70&y=10",
        "attention?format=png")),
    *(get(f"/fields/{{near}}/{target}") for target in (
        "features?grid=patch", "pca", "foreground", "similarity?x=5&y=50&format=png",
        "features?region=2,3,40,5&normalise=l2")),
    *(get(f"/fields/{{tiny}}/{target}") for target in (
        "features?dtype=float16", "pca?format=npy", "attention?grid=patch", "cls")),
    *(get(f"/fields/{{large}}/{target}") for target in (
        "features?region=100,50,300,200&dtype=float16", "features?points=0,0;699,499&components=9",
        "pca", "pca?flips=both&shifts=none", "similarity?x=350&y=250", "foreground",
        "features?upsample=nearest&alignment=image&region=5,5,90,80")),
    get("/fields/{staged}/features?grid=patch"), get("/fields/{sam}/pca?format=npy"),
    *(Question("POST", f"/fields/{{{field}}}/{target}", body) for field, target, body in (
        ("whole", "sample", "points"), ("whole", "sample", "integers"),
        ("whole", "sample", "labels"),
        ("whole", "sample?format=npz", "labels"),
        ("whole", "sample?format=safetensors&dtype=float16", "labels"),
        ("whole", "sample?components=2&normalise=l2", "points"),
        ("whole", "sample?grid=pixel&format=raw", "points"),
        ("whole", "project", "map"), ("whole", "project?format=tiff&region=3,3,20,9", "map"),
        ("whole", "project?output=labels", "map"),
        ("whole", "project?output=labels&format=npy&grid=patch", "biased"),
        ("whole", "project?output=labels&points=1,1;9,9&format=raw", "biased"),
        ("whole", "project?output=probabilities", "biased"),
        ("whole", "project?output=probabilities&dtype=float16&format=npz&points=5,5;60,12", "map"),
        ("turned", "project?output=labels", "biased"), ("large", "project?output=labels", "map"),
        ("near", "project?grid=patch", "map"),
        ("tiny", "project?output=logits&format=safetensors", "narrow"))),
    get("/fields/{whole}/cls?format=raw"),
    get("/fields/{whole}/cls?format=raw", Range="bytes=100-299"),
    get("/fields/{whole}/cls?format=raw",
        If_None_Match="tag of GET /fields/{whole}/cls?format=raw"),
    get("/fields/{whole}/cls?format=raw", If_Match='"another"'),
    Question("HEAD", "/fields/{whole}/features"), Question("OPTIONS", "/features"),
    Question("POST", "/images", "other"), Question("PUT", "/images/sha256-{deep}", "deep"),
    get("/images/sha256-{deep}"), Question("DELETE", "/images/sha256-{deep}"), get("/readyz"),
    get("/livez"), get("/queue"), get("/models"),
]

REFUSED = [
    post("stride=0"), post("stride=15"), post("stride=4&stride=4"), post("nonsense=1"),
    post("model=none"), post("model=dinov2_vitg14"), post("output=pca&dtype=float16"),
    post("output=reconstruction"), post("output=logits"), post("shifts=1,1"), post("scale=2,1"),
    post("region=70,0,9,9"), post("points=75,0"), post("page=1"), post("rotations=quarter"),
    post("layer=12"), post("%"), post("top=2&output=cls"), post("upsample=jbu"),
    post("components=385"),
    post("", "text"), post("", "cut"), post("", "wrecked"), post("quality=draft", ""),
    post("model=tiny_hiera&stride=2"), post("model=tiny_hiera&output=attention"),
    post("model=tiny_sam&output=logits"), post("model=tiny_mae&output=reconstruction&stride=4"),
    post("output=pca", Accept="text/html"),
    Question("POST", "/fields?output=pca", "waves"), Question("POST", "/fields", "later", BOUNDARY),
    Question("POST", "/fields?image=sha256-{none}"),
    Question("PUT", "/images/sha256-{none}", "waves"),
    get("/fields/{none}"), get("/fields/{none}/pca"),
    get("/fields/{whole}/features?model=tiny_vit"),
    get("/fields/{whole}/cls?grid=patch"), get("/fields/{whole}/similarity"),
    get("/fields/{whole}/foreground?format=npy"), get("/fields/{whole}?stride=3"),
    get("/fields/{whole}/features?components=2&basis={tiny}"), get("/nothing"),
    Question("DELETE", "/features"), Question("GET", "/fields"),
    Question("PATCH", "/fields/{whole}"),
    Question("POST", "/fields/{whole}/sample", "outside"),
    Question("POST", "/fields/{whole}/sample", "text"),
    Question("POST", "/fields/{whole}/sample?points=1,1", "points"),
    Question("POST", "/fields/{whole}/project", "narrow"),
    Question("POST", "/fields/{whole}/project?output=labels&format=tiff", "map"),
    get("/fields/{whole}/cls?format=raw", Range="bytes=99999-"),
]

QUESTIONS = POSTED + SMALL + KEPT + REFUSED
