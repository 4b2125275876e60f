"""Writes checkpoints like `torch.save`, without PyTorch: pickles only contain its names."""
import collections
import io
import pickle
import sys
import types
import zipfile


class FloatStorage:
    """A key of the archive and a count of float32s."""

    def __init__(self, key, count):
        self.key, self.count = key, count


def _rebuild_tensor_v2(*_):
    """The function that PyTorch calls to make a tensor of a storage."""


class Tensor:
    def __init__(self, storage, shape):
        self.storage, self.shape = storage, shape

    def __reduce__(self):
        strides, step = [], 1
        for length in reversed(self.shape):
            strides.insert(0, step)
            step *= length
        return _rebuild_tensor_v2, (self.storage, 0, tuple(self.shape), tuple(strides), False,
                                    collections.OrderedDict())


class Pickler(pickle.Pickler):
    def persistent_id(self, value):
        if isinstance(value, FloatStorage):
            return "storage", FloatStorage, value.key, "cpu", value.count


def pickled(content):
    """A pickle that refers to PyTorch's modules, which must exist since pickle looks them up."""
    names = {"torch": FloatStorage, "torch._utils": _rebuild_tensor_v2}
    for module, value in names.items():
        sys.modules[module] = types.ModuleType(module)
        setattr(sys.modules[module], value.__name__, value)
        value.__module__ = module
    try:
        file = io.BytesIO()
        Pickler(file, protocol=2).dump(content)
        return file.getvalue()
    finally:
        for module in names:
            del sys.modules[module]


def write(path, shapes, pieces):
    """Writes `{"model": tensors}`; `pieces(name, bytes)` gives a tensor's bytes, piece by piece."""
    sizes = {}
    for name, shape in shapes.items():
        sizes[name] = 1
        for length in shape:
            sizes[name] *= length
    tensors = collections.OrderedDict(
        (name, Tensor(FloatStorage(str(number), sizes[name]), shape))
        for number, (name, shape) in enumerate(shapes.items()))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model/data.pkl", pickled({"model": tensors}))
        archive.writestr("model/byteorder", "little")
        for number, name in enumerate(shapes):
            with archive.open(f"model/data/{number}", "w", force_zip64=True) as member:
                for piece in pieces(name, 4 * sizes[name]):
                    member.write(piece)
        archive.writestr("model/version", "3\n")
