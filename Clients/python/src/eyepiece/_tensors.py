"""Named arrays as safetensors."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any, Optional

import numpy as np

from ._arrays import Array
from ._errors import EyepieceError

DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "U8": "u1"}


def read_safetensors(data: bytes) -> tuple[dict[str, Array], dict[str, str]]:
    """The arrays by their names, and the metadata."""
    try:
        (length,) = struct.unpack_from("<Q", data)
        header = json.loads(data[8:8 + length])
        metadata: dict[str, str] = header.pop("__metadata__", {})
        tensors: dict[str, Array] = {}
        for name, entry in header.items():
            first, last = entry["data_offsets"]
            numbers = np.frombuffer(
                data[8 + length + first:8 + length + last], DTYPES[entry["dtype"]])
            tensors[name] = numbers.reshape(entry["shape"])
    except (ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
        raise EyepieceError("the file is no safetensors file") from error
    return tensors, metadata


def write_safetensors(
    tensors: Mapping[str, Array], metadata: Optional[dict[str, str]] = None
) -> bytes:
    header: dict[str, Any] = {} if metadata is None else {"__metadata__": metadata}
    names = {np.dtype(text).newbyteorder("="): name for name, text in DTYPES.items()}
    data = b""
    for name, tensor in tensors.items():
        header[name] = {
            "dtype": names[tensor.dtype.newbyteorder("=")], "shape": list(tensor.shape),
            "data_offsets": [len(data), len(data) + tensor.nbytes]}
        data += np.ascontiguousarray(tensor).tobytes()
    head = compact(header).encode()
    head += b" " * (-len(head) % 8)
    return struct.pack("<Q", len(head)) + head + data


def compact(value: Any, sort_keys: bool = False) -> str:
    """JSON without spaces."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, sort_keys=sort_keys)
