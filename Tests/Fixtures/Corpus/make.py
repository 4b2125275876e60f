#!/usr/bin/env python3
"""What the fuzzer begins with for `pytorch`, `legacy` and `shards`: small checkpoints.

    python3 -m pip install numpy==2.4.6 safetensors==0.8.0 torch==2.15.0
    python3 Tests/Fixtures/Corpus/make.py

The models are the first of Tests/FuzzTargets/TinyCards.swift under the names of several
distributions; each lies in one storage, so that a file stays below 4 KiB. The other targets' files
are the fuzzer's own, and Tests/Fixtures/Images.
"""

import argparse
import collections
import io
import json
import pathlib
import sys
import zipfile

import safetensors.torch
import torch

FOLDER = pathlib.Path(__file__).parent
sys.path.insert(0, str(FOLDER.parent / "PyTorch"))

from make import packed_again  # noqa: E402

BLOCK = [
    ("norm1", (4,)), ("attn.qkv", (12, 4)), ("attn.proj", (4, 4)), ("norm2", (4,)),
    ("mlp.fc1", (4, 4)), ("mlp.fc2", (4, 4)),
]


def layers(prefix, shapes):
    for name, shape in shapes:
        yield f"{prefix}{name}.weight", shape
        yield f"{prefix}{name}.bias", shape[:1]


def plain():
    yield from {"cls_token": (1, 1, 4), "pos_embed": (1, 5, 4)}.items()
    yield from layers("", [("patch_embed.proj", (4, 3, 1, 1)), ("norm", (4,))])
    yield from layers("blocks.0.", BLOCK)


def decoding():
    yield from plain()
    yield from {"mask_token": (1, 1, 4), "decoder_pos_embed": (1, 5, 4)}.items()
    yield from layers("decoder_blocks.0.", BLOCK)
    yield from layers(
        "", [("decoder_embed", (4, 4)), ("decoder_norm", (4,)), ("decoder_pred", (3, 4))])


def rotary():
    yield from {"cls_token": (1, 1, 4), "storage_tokens": (1, 1, 4), "mask_token": (1, 4)}.items()
    yield from layers("", [("patch_embed.proj", (4, 3, 1, 1)), ("norm", (4,))])
    yield from {"rope_embed.periods": (1,), "blocks.0.attn.qkv.bias_mask": (12,)}.items()
    yield from {"blocks.0.ls1.gamma": (4,), "blocks.0.ls2.gamma": (4,)}.items()
    yield from layers("blocks.0.", BLOCK)


def torchvision():
    yield from {"class_token": (1, 1, 4), "encoder.pos_embedding": (1, 5, 4)}.items()
    yield from layers("", [("conv_proj", (4, 3, 1, 1)), ("encoder.ln", (4,))])
    start = "encoder.layers.encoder_layer_0."
    yield f"{start}self_attention.in_proj_weight", (12, 4)
    yield f"{start}self_attention.in_proj_bias", (12,)
    names = ["ln_1", "", "self_attention.out_proj", "ln_2", "mlp.linear_1", "mlp.linear_2"]
    yield from layers(start, [(a, b) for a, (_, b) in zip(names, BLOCK) if a])


def transformers():
    yield "vit.embeddings.cls_token", (1, 1, 4)
    yield "vit.embeddings.position_embeddings", (1, 5, 4)
    yield from layers(
        "vit.", [("embeddings.patch_embeddings.projection", (4, 3, 1, 1)), ("layernorm", (4,))])
    start = "vit.encoder.layer.0."
    parts = [(f"attention.attention.{part}", (4, 4)) for part in ("query", "key", "value")]
    yield from layers(start, parts)
    names = [
        "layernorm_before", "", "attention.output.dense", "layernorm_after", "intermediate.dense",
        "output.dense",
    ]
    yield from layers(start, [(a, b) for a, (_, b) in zip(names, BLOCK) if a])


def state(shapes, dtype=torch.float16):
    """Tensors that follow one another in one storage."""
    shapes = list(shapes)
    sizes = [torch.Size(shape).numel() for _, shape in shapes]
    storage = (torch.arange(sum(sizes)) / 64).to(dtype)
    parts = torch.split(storage, sizes)
    return collections.OrderedDict(
        (name, part.reshape(shape)) for (name, shape), part in zip(shapes, parts))


def saved(content, **options):
    file = io.BytesIO()
    torch.save(content, file, **options)
    return file.getvalue()


def pickled(content, **options):
    """The pickle alone, whose one storage is of 64 bytes."""
    with zipfile.ZipFile(io.BytesIO(saved(content, **options))) as archive:
        return next(archive.read(name) for name in archive.namelist() if name.endswith("data.pkl"))


def sharded(shapes, files, dtype=torch.float16):
    """An index, a zero, and the file that every name in it stands for."""
    tensors = {name: tensor.clone() for name, tensor in state(shapes, dtype).items()}
    names = {name: files[index % len(files)] for index, name in enumerate(tensors)}
    index = {"metadata": {"total_size": 1}, "weight_map": names}
    data = safetensors.torch.save(tensors, {"format": "pt"})
    return json.dumps(index, separators=(",", ":")).encode() + b"\0" + data


def some():
    base = torch.arange(16, dtype=torch.float32)
    return {
        "base": base, "square": base.reshape(4, 4).t(), "tail": base[3:].reshape(1, 13),
        "none": base[:0], "scalar": base[5], "again": base.expand(2, 16),
    }


def kept():
    """What training programs keep beside the weights."""
    settings = argparse.Namespace(norm_pix_loss=True, lr=0.5, data=pathlib.PurePosixPath("/d"))
    parameter = torch.nn.Parameter(torch.arange(16, dtype=torch.float32))
    return {
        "epoch": 7, "args": settings, "optimizer": {"state": {0: {"step": 1.5}}, "lr": [1e-3]},
        "teacher": {"module.backbone.a": parameter}, "student": {}, "kinds": {1, 2},
    }


def fixture(name):
    return (FOLDER.parent / "PyTorch" / name).read_bytes()


def main():
    distributions = [plain, rotary, torchvision, transformers]
    archives = {each.__name__: saved({"model": state(each())}) for each in distributions}
    streams = {
        each.__name__: saved(
            {"state_dict": state(each())}, _use_new_zipfile_serialization=False)
        for each in distributions
    }
    source, target = FOLDER / "stored", FOLDER / "deflated"
    source.write_bytes(saved({"model": state(decoding())}))
    packed_again(source, target)
    archives["decoding-deflated"] = target.read_bytes()
    source.unlink()
    target.unlink()
    pickles = {
        f"pickle{protocol}-{each.__name__}": pickled(each(), pickle_protocol=protocol)
        for each in (some, kept) for protocol in (2, 4)
    }
    for name in ("deflated", "views", "unusual", "hostile"):
        archives[f"fixture-{name}"] = fixture(f"{name}.pth")
    for name in ("views", "types", "trained"):
        streams[f"fixture-{name}"] = fixture(f"{name}_stream.pth")
    shards = {each.__name__: sharded(each(), ["a", "b.safetensors"]) for each in distributions}
    shards["one"] = sharded([("a", (2, 3)), ("b", ())], ["a"], torch.float64)
    shards["outside"] = sharded([("a", (2, 3))], ["../a"])
    for target, files in [
        ("pytorch", archives | pickles), ("legacy", streams), ("shards", shards),
    ]:
        (FOLDER / target).mkdir(exist_ok=True)
        for name, data in files.items():
            assert len(data) <= 4096, (target, name, len(data))
            (FOLDER / target / name).write_bytes(data)


if __name__ == "__main__":
    main()
