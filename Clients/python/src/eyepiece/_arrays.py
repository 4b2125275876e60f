"""Arrays as bodies, and answers as arrays."""

from __future__ import annotations

import http.client
import io
import os
import struct
import zlib
from typing import Any, BinaryIO, Callable, Optional, Union

import numpy as np
import numpy.typing as npt

from ._errors import EyepieceError, Unreachable
from ._transport import Transport

Array = npt.NDArray[Any]
Path = Union[str, "os.PathLike[str]"]
ImageLike = Union[Path, bytes, Array]
LabelsLike = Union[Path, bytes, npt.ArrayLike]
# Where an array is written: a file of its own, or a part of an array that is there.
Out = Union[Path, Array]

PIECE = 1 << 20
# How often a download that broke is gone on with.
RESUMPTIONS = 5


def npy(array: Array) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return file.getvalue()


def image_bytes(image: ImageLike) -> bytes:
    """A file's bytes as they are; an array `[h, w]`, `[h, w, channels]` or `[pages, h, w]` as npy."""
    if isinstance(image, (bytes, bytearray, memoryview)):
        return bytes(image)
    if isinstance(image, (str, os.PathLike)):
        with open(image, "rb") as file:
            return file.read()
    return npy(np.asarray(image))


def label_bytes(labels: LabelsLike) -> bytes:
    """Labels as a file: arrays of any integers from 0 to 255 are sent as a PGM.

    An npy would do but for `/sample`, where it is a list of points.
    """
    if isinstance(labels, (bytes, str, os.PathLike)):
        return image_bytes(labels)
    array = np.asarray(labels)
    while array.ndim > 2 and array.shape[0] == 1:
        array = array[0]
    if array.dtype.kind not in "bui":
        raise ValueError(f"labels are integers, not {array.dtype}")
    if array.size and not 0 <= int(array.min()) <= int(array.max()) <= 255:
        raise ValueError(f"labels are from 0 to 255, not {array.min()} to {array.max()}")
    if array.ndim != 2:
        raise ValueError(f"labels are [height, width], not of shape {array.shape}")
    height, width = array.shape
    return f"P5 {width} {height} 255\n".encode() + array.astype(np.uint8).tobytes()


def write_npy(array: Array, out: Out) -> Array:
    """Writes an array into `out`, a file, which is mapped, or an array."""
    place = _place(out, array.shape, False, array.dtype)
    place[...] = array
    if isinstance(place, np.memmap):
        place.flush()
    return place


def read_npy(body: bytes) -> Array:
    return np.asarray(np.load(io.BytesIO(body), allow_pickle=False))


def download(
    transport: Transport, path: str, query: str, out: Optional[Out] = None,
    progress: Optional[Callable[[int, int], None]] = None, method: str = "GET",
    body: Optional[bytes] = None,
) -> Array:
    """Reads an npy while it comes, into memory or into `out`: a file, which is mapped, or an array.

    A GET that breaks goes on where it was, if the answer is still the same one.
    """
    with transport.open(method, path, query, body) as response:
        tag = response.headers["ETag"]
        total = int(response.headers["Content-Length"] or 0)
        try:
            version = np.lib.format.read_magic(response)
            read_header = (np.lib.format.read_array_header_1_0 if version == (1, 0)
                           else np.lib.format.read_array_header_2_0)
            shape, fortran, dtype = read_header(response)
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(transport.url, error) from error
        array = _place(out, shape, fortran, dtype)
        view = array.reshape(-1, order="A").view(np.uint8).data
        start = total - len(view)
        place = _fill(view, 0, response, progress)
    for _ in range(RESUMPTIONS):
        if place == len(view) or method != "GET" or not tag or start < 0:
            break
        headers = {"Range": f"bytes={start + place}-", "If-Range": tag}
        with transport.open(method, path, query, headers=headers) as response:
            if response.status != 206:
                break
            place = _fill(view, place, response, progress)
    if place < len(view):
        raise EyepieceError(f"the answer ended after {place} of {len(view)} bytes of its array")
    if isinstance(array, np.memmap):
        array.flush()
    return array


def _place(out: Optional[Out], shape: tuple[int, ...], fortran: bool, dtype: Any) -> Array:
    """The array to fill, with what is there of it: its bytes are as the answer has them."""
    if out is None:
        return np.empty(shape, dtype, order="F" if fortran else "C")
    if not isinstance(out, np.ndarray):
        return np.lib.format.open_memmap(os.fspath(out), "w+", dtype, shape, fortran)
    if out.shape != tuple(shape) or out.dtype != dtype:
        raise ValueError(f"out is {out.dtype} {out.shape}, the answer {dtype} {tuple(shape)}")
    if fortran or not out.flags.c_contiguous or not out.flags.writeable:
        raise ValueError("out is not contiguous, or not to be written")
    return out


def fetch(transport: Transport, path: str, out: Path) -> None:
    """Writes an answer to a file, whose name it has once it is whole.

    One that breaks goes on where it was, if the answer is still the same one.
    """
    part = f"{os.fspath(out)}.part"
    headers: dict[str, str] = {}
    with open(part, "wb") as file:
        for attempt in range(RESUMPTIONS + 1):
            with transport.open("GET", path, headers=headers) as response:
                if response.status != 206:
                    file.seek(0)
                    file.truncate()
                length = response.headers["Content-Length"]
                end = None if length is None else file.tell() + int(length)
                tag = response.headers["ETag"]
                if _copy(response, file) and (end is None or file.tell() == end):
                    break
            if not tag or tag.startswith("W/"):
                raise EyepieceError(f"the answer ended after {file.tell()} bytes")
            headers = {"Range": f"bytes={file.tell()}-", "If-Range": tag}
        else:
            raise EyepieceError(f"the answer broke {RESUMPTIONS} times")
    os.replace(part, out)


def _copy(response: http.client.HTTPResponse, file: BinaryIO) -> bool:
    """Copies what comes; whether it came to an end."""
    while True:
        try:
            piece = response.read(PIECE)
        except (OSError, http.client.HTTPException):
            return False
        if not piece:
            return True
        file.write(piece)


def _fill(
    view: memoryview, place: int, response: http.client.HTTPResponse,
    progress: Optional[Callable[[int, int], None]],
) -> int:
    """Fills the rest of `view`, and tells how far it came."""
    while place < len(view):
        try:
            count = response.readinto(view[place:place + PIECE])
        except (OSError, http.client.HTTPException):
            break
        if not count:
            break
        place += count
        if progress:
            progress(place, len(view))
    if place == len(view):
        response.read()
    return place


def read_png(data: bytes) -> Array:
    """An 8-bit grey or RGB picture that this server made: rows are stored, or as differences.

    Source: PNG, third edition, §9.2, filters 0 and 1.
    """
    place, head, packed = 8, (0, 0, 0, 0), b""
    while place < len(data):
        length, kind = struct.unpack_from(">I4s", data, place)
        if kind == b"IHDR":
            head = struct.unpack_from(">IIBB", data, place + 8)
        elif kind == b"IDAT":
            packed += data[place + 8:place + 8 + length]
        place += length + 12
    width, height, bits, colour = head
    channels = {0: 1, 2: 3, 3: 1}.get(colour, 0)
    rows = np.frombuffer(zlib.decompress(packed), np.uint8)
    if bits != 8 or not channels or rows.size != height * (1 + width * channels):
        raise EyepieceError("the picture is no PNG of 8 bits such as Eyepiece makes")
    rows = rows.reshape(height, 1 + width * channels)
    pixels = rows[:, 1:].reshape(height, width, channels).copy()
    differences = rows[:, 0] == 1
    if (rows[:, 0] > 1).any():
        raise EyepieceError("the picture's rows are filtered in another way than Eyepiece's")
    pixels[differences] = np.cumsum(pixels[differences], axis=1, dtype=np.uint8)
    return pixels[..., 0] if channels == 1 else pixels
