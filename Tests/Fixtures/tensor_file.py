"""The safetensors files of fixtures, written with the standard library and NumPy alone."""
import json
import struct

import numpy as np

NAMES = {"uint8": "U8", "int32": "I32", "float32": "F32", "float64": "F64"}


def save(path, tensors):
    """Writes arrays by name: the widest numbers first, and all from a multiple of 8 bytes, so that each is aligned."""
    header, data = {}, b""
    for name, array in sorted(tensors.items(), key=lambda item: -item[1].dtype.itemsize):
        content = np.ascontiguousarray(array).tobytes()
        header[name] = {"dtype": NAMES[str(array.dtype)], "shape": list(array.shape),
                        "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
