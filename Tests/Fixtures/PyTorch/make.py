#!/usr/bin/env python3
"""Small files that torch.save wrote, and what is in them.

    python3 -m pip install numpy==2.4.6 safetensors==0.8.0 torch==2.15.0
    python3 Tests/Fixtures/PyTorch/make.py

Every file but the hostile one holds some of the tensors of expected.safetensors, whose names begin
with the group they belong to: `state.`, `views.`, `types.`. Values count up, so the same versions
write the same tensors; PyTorch puts a random number of its own into each archive.
"""

import argparse
import collections
import io
import os
import pathlib
import zipfile

import numpy as np
import safetensors
import torch
from safetensors.torch import save_file

VERSIONS = {"numpy": "2.4.6", "safetensors": "0.8.0", "torch": "2.15.0"}
FOLDER = pathlib.Path(__file__).parent


def counted(*shape):
    return torch.arange(int(np.prod(shape)), dtype=torch.float32).reshape(shape) / 8 - 1


def state():
    return collections.OrderedDict(
        [
            ("cls_token", counted(1, 1, 4)),
            ("blocks.0.attn.qkv.weight", counted(12, 4)),
            ("blocks.0.attn.qkv.bias", counted(12)),
            ("scalar", torch.tensor(2.5)),
            ("count", torch.arange(-2, 3)),
            ("empty", torch.zeros(0, 4)),
        ]
    )


def views():
    base = counted(4, 6)
    return {
        "base": base,
        "row": base[2],
        "column": base[:, 1],
        "transposed": base.t(),
        "tail": base[1:, 2:],
        "expanded": torch.tensor([3.5]).expand(3, 4),
    }


def types():
    values = {
        "float64": [0.1, -2.0, 1e30],
        "float32": [0.1, -2.0, 1e30],
        "float16": [0.1, -2.0, 6e-8],
        "bfloat16": [0.1, -2.0, 1e30],
        "int64": [-5, 1 << 40],
        "int32": [-5, 1 << 20],
        "int16": [-5, 300],
        "int8": [-5, 7],
        "uint8": [5, 200],
        "bool": [True, False],
        "uint16": [5, 60000],
    }
    return {name: torch.tensor(list_, dtype=getattr(torch, name)) for name, list_ in values.items()}


class Stranger:
    """Calls something when it is loaded, as pickles can."""

    def __reduce__(self):
        return (os.system, ("touch /tmp/eyepiece-executed-a-pickle",))


class Tagged(torch.Tensor):
    """A subclass, which PyTorch saves as a function, a type and arguments."""


def trained():
    """What a training program keeps: weights among settings, numbers and an optimiser's state."""
    layer = torch.nn.Linear(4, 3)
    optimiser = torch.optim.AdamW(layer.parameters())
    layer(torch.ones(1, 4)).sum().backward()
    optimiser.step()
    return {
        "model": state(),
        "optimizer": optimiser.state_dict(),
        "epoch": 7,
        "args": argparse.Namespace(norm_pix_loss=True, lr=0.5, data=pathlib.PurePosixPath("/d")),
        "max_accuracy": np.float64(81.5),
        "history": np.arange(3),
        "kinds": {1, 2},
    }


def teacher():
    student = {f"module.backbone.{name}": value + 1 for name, value in state().items()}
    weights = {f"backbone.{name}": value for name, value in state().items()}
    return {"student": student, "teacher": weights | {"head.weight": counted(2, 4)}, "epoch": 1}


def linear_weights():
    """What DINO keeps of the training of a linear classifier, its model in parallel."""
    state = {"module.linear.weight": counted(3, 16), "module.linear.bias": counted(3)}
    optimiser = torch.optim.SGD(torch.nn.Linear(2, 2).parameters(), lr=0.1, momentum=0.9)
    return {
        "epoch": 100, "state_dict": collections.OrderedDict(state),
        "optimizer": optimiser.state_dict(), "best_acc": 77.0,
    }


def unusual():
    return {
        "parameter": torch.nn.Parameter(counted(2, 2)),
        "tagged": counted(2, 2).as_subclass(Tagged),
        "sparse": torch.eye(3).to_sparse(),
        "complex": torch.ones(2, dtype=torch.complex128),
        "weight": counted(2, 2),
        "large": counted(2, 2) + 0,
    }


def packed_again(source, target):
    """The same archive, its members deflated, and written as to a pipe: sizes follow the data."""

    class Pipe(io.RawIOBase):
        def __init__(self, file):
            self.file = file

        def writable(self):
            return True

        def write(self, data):
            return self.file.write(data)

    with zipfile.ZipFile(source) as old, open(target, "wb") as file:
        with zipfile.ZipFile(Pipe(file), "w", zipfile.ZIP_DEFLATED) as new:
            for name in old.namelist():
                new.writestr(name, old.read(name))


def main():
    save, bare = torch.save, state()
    for protocol in (2, 3, 4, 5):
        save(bare, FOLDER / f"protocol{protocol}.pth", pickle_protocol=protocol)
    for name, content in [
        ("trained", trained()), ("views", views()), ("types", types()), ("teacher", teacher()),
    ]:
        save(content, FOLDER / f"{name}.pth")
        save(content, FOLDER / f"{name}_stream.pth", _use_new_zipfile_serialization=False)
    save({"weight": counted(3, 8), "bias": counted(3)}, FOLDER / "linear_head.pth")
    save(linear_weights(), FOLDER / "linear_weights.pth")
    save(unusual(), FOLDER / "unusual.pth")
    save({"model": bare, "extra": Stranger()}, FOLDER / "hostile.pth")
    packed_again(FOLDER / "views.pth", FOLDER / "deflated.pth")
    groups = [("state", bare), ("views", views()), ("types", types())]
    tensors = {
        f"{group}.{name}": tensor.contiguous().clone()
        for group, content in groups
        for name, tensor in content.items()
    }
    save_file(tensors, FOLDER / "expected.safetensors")


if __name__ == "__main__":
    found = {"numpy": np.__version__, "safetensors": safetensors.__version__}
    found["torch"] = torch.__version__.split("+")[0]
    assert found == VERSIONS, f"made with {VERSIONS}, not {found}"
    main()
