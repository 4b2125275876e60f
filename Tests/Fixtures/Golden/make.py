#!/usr/bin/env python3
"""Tiny random DINOv2 models, inputs, and the tokens they give in float64.

    python3 -m pip install numpy==2.4.6 safetensors==0.8.0
    python3 Tests/Fixtures/Golden/make.py

An implementation apart from the one it checks: plain NumPy, written from the papers and the
published definition, never from the Swift. Weights are float32 and inputs float16, so both sides
read the same numbers. The same versions and seeds write the same bytes.

Each file holds `w.<key>`, Meta's key names; `in.<case>`, `[3, height, width]`; and, after the last
block, `patches.<case>` and `class.<case>` (final norm applied), `[grid, dim]` and `[dim]`, and
`attention.<case>`, the class token's softmax over the patches, `[grid, heads]`. For one case,
`<part>.<case>.<block>` are read off each block: `token`, `query`, `key` and `value`, class token
first, `[1 + grid, dim]`, and `attention.<kind>`, `[grid, heads]`, in HR-Dv2's sense for all kinds
but the softmax. The metadata's `config` says what the model is and at which stride each case was
encoded.
"""

import json
import math
import pathlib

import numpy as np
from safetensors.numpy import save_file

VERSIONS = {"numpy": "2.4.6"}
PATCH, GRID, EPSILON = 14, 5, 1e-6

# Name, seed, dim, heads, depth, registers, feed-forward, its width, position rule.
MODELS = [
    ("dinov2_mlp", 101, 32, 2, 3, 0, "mlp", 128, "P1"),
    ("dinov2_registers", 202, 48, 4, 2, 4, "mlp", 96, "P3"),
    ("dinov2_swiglu", 303, 32, 4, 2, 0, "swiglu", 44, "P2"),
]

# Name, height, width, stride: the table's own grid, two rectangles, a stride below the patch.
CASES = [
    ("square", 70, 70, 14),
    ("wide", 28, 98, 14),
    ("tall", 84, 42, 14),
    ("dense", 42, 56, 5),
]

# The case for which every block is read.
READ = "wide"


def layer_norm(x, weight, bias):
    centred = x - x.mean(-1, keepdims=True)
    variance = (centred**2).mean(-1, keepdims=True)
    return centred / np.sqrt(variance + EPSILON) * weight + bias


def gelu(x):
    return 0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def silu(x):
    return x / (1 + np.exp(-x))


def softmax(x):
    powers = np.exp(x - x.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def cubic(x, a):
    x = abs(x)
    if x <= 1:
        return (a + 2) * x**3 - (a + 3) * x**2 + 1
    return a * x**3 - 5 * a * x**2 + 8 * a * x - 4 * a if x < 2 else 0.0


def resampling(count, length, rule):
    """The matrix from `count` stored positions to `length`, `[length, count]`."""
    matrix = np.zeros((length, count))
    for i in range(length):
        if rule == "P3":
            scale = count / length
            widening = max(scale, 1)
            centre = scale * (i + 0.5)
            low = max(math.trunc(centre - 2 * widening + 0.5), 0)
            high = min(math.trunc(centre + 2 * widening + 0.5), count)
            for j in range(low, high):
                matrix[i, j] = cubic((j - centre + 0.5) / widening, -0.5)
            matrix[i] /= matrix[i].sum()
        else:
            source = (i + 0.5) * count / (length + (0.1 if rule == "P1" else 0)) - 0.5
            first = math.floor(source)
            for j in range(first - 1, first + 3):
                matrix[i, min(max(j, 0), count - 1)] += cubic(source - j, -0.75)
    return matrix


def positions(table, rows, columns, is_square, rule):
    """The stored table, or the table resampled to the grid, `[rows · columns, dim]`."""
    side = math.isqrt(len(table))
    if rows * columns == side * side and is_square:
        return table
    grid = table.reshape(side, side, -1)
    vertical, horizontal = resampling(side, rows, rule), resampling(side, columns, rule)
    return np.einsum("ya,xb,abd->yxd", vertical, horizontal, grid).reshape(rows * columns, -1)


def embed(w, image, stride, rule):
    """Class token, registers, patches, `[tokens, dim]`."""
    kernel = w["patch_embed.proj.weight"]
    patch = kernel.shape[-1]
    rows, columns = ((n - patch) // stride + 1 for n in image.shape[1:])
    tokens = []
    for y in range(rows):
        for x in range(columns):
            window = image[:, y * stride : y * stride + patch, x * stride : x * stride + patch]
            tokens.append(np.einsum("dcyx,cyx->d", kernel, window))
    table = w["pos_embed"][0]
    patches = np.array(tokens) + w["patch_embed.proj.bias"]
    patches += positions(table[1:], rows, columns, image.shape[1] == image.shape[2], rule)
    registers = w["register_tokens"][0] if "register_tokens" in w else np.zeros((0, len(kernel)))
    return np.concatenate([w["cls_token"][0] + table[:1], registers, patches])


def attention(w, x, heads):
    """What the block's heads find, `[tokens, dim]`, and all that is read off them."""
    tokens, dim = x.shape
    qkv = x @ w["qkv.weight"].T + w["qkv.bias"]
    q, k, v = qkv.reshape(tokens, 3, heads, dim // heads).transpose(1, 2, 0, 3)
    weights = softmax(q @ k.transpose(0, 2, 1) / math.sqrt(dim // heads))
    found = (weights @ v).transpose(1, 0, 2).reshape(tokens, dim)
    sides = {"query": q, "key": k, "value": v}
    flat = {n: s.transpose(1, 0, 2).reshape(tokens, dim) for n, s in sides.items()}
    kinds = {n: s.sum(-1).T for n, s in sides.items()}
    kinds["output"] = np.einsum("hd,htd->th", (weights @ v)[:, 0], v)
    kinds["softmax"] = weights[:, 0].T
    return found @ w["proj.weight"].T + w["proj.bias"], flat, kinds


def feed_forward(w, x):
    if "fc1.weight" in w:
        return gelu(x @ w["fc1.weight"].T + w["fc1.bias"]) @ w["fc2.weight"].T + w["fc2.bias"]
    gate, value = np.split(x @ w["w12.weight"].T + w["w12.bias"], 2, axis=-1)
    return silu(gate) * value @ w["w3.weight"].T + w["w3.bias"]


def under(w, prefix):
    return {k.removeprefix(prefix): v for k, v in w.items() if k.startswith(prefix)}


def encode(w, image, *, heads, depth, rule, stride=PATCH):
    """Off each block: token (final norm), query, key, value, and the kinds of attention."""
    w = {k: v.astype(np.float64) for k, v in w.items()}
    x = embed(w, image.astype(np.float64), stride, rule)
    blocks = []
    for index in range(depth):
        b = under(w, f"blocks.{index}.")
        normed = layer_norm(x, b["norm1.weight"], b["norm1.bias"])
        found, facets, kinds = attention(under(b, "attn."), normed, heads)
        x = x + b["ls1.gamma"] * found
        normed = layer_norm(x, b["norm2.weight"], b["norm2.bias"])
        x = x + b["ls2.gamma"] * feed_forward(under(b, "mlp."), normed)
        facets["token"] = layer_norm(x, w["norm.weight"], w["norm.bias"])
        blocks.append((facets, kinds))
    return blocks


def random_weights(chance, dim, depth, registers, kind, width):
    """Weights large enough that every part of the model matters to its output."""
    w = {}

    def normal(name, *shape, scale, mean=0.0):
        w[name] = (mean + scale * chance.standard_normal(shape)).astype(np.float32)

    def linear(name, outputs, inputs, gain=1.0):
        normal(f"{name}.weight", outputs, inputs, scale=gain / math.sqrt(inputs))
        normal(f"{name}.bias", outputs, scale=0.2)

    def norm(name):
        normal(f"{name}.weight", dim, scale=0.3, mean=1)
        normal(f"{name}.bias", dim, scale=0.2)

    normal("cls_token", 1, 1, dim, scale=1)
    normal("pos_embed", 1, 1 + GRID * GRID, dim, scale=0.7)
    if registers:
        normal("register_tokens", 1, registers, dim, scale=1)
    normal("mask_token", 1, dim, scale=1)
    normal("patch_embed.proj.weight", dim, 3, PATCH, PATCH, scale=1 / math.sqrt(3 * PATCH**2))
    normal("patch_embed.proj.bias", dim, scale=0.2)
    for index in range(depth):
        block = f"blocks.{index}"
        norm(f"{block}.norm1")
        linear(f"{block}.attn.qkv", 3 * dim, dim, gain=1.4)
        linear(f"{block}.attn.proj", dim, dim)
        normal(f"{block}.ls1.gamma", dim, scale=0.4, mean=0.8)
        norm(f"{block}.norm2")
        first, last = ("fc1", "fc2") if kind == "mlp" else ("w12", "w3")
        linear(f"{block}.mlp.{first}", width * (1 if kind == "mlp" else 2), dim)
        linear(f"{block}.mlp.{last}", dim, width)
        normal(f"{block}.ls2.gamma", dim, scale=0.4, mean=0.8)
    norm("norm")
    return w


def make(folder, name, seed, dim, heads, depth, registers, kind, width, rule):
    chance = np.random.Generator(np.random.PCG64(seed))
    w = random_weights(chance, dim, depth, registers, kind, width)
    tensors = {f"w.{key}": value for key, value in w.items()}
    for case, height, columns, stride in CASES:
        image = chance.standard_normal((3, height, columns)).astype(np.float16)
        blocks = encode(w, image, heads=heads, depth=depth, rule=rule, stride=stride)
        tokens, weights = blocks[-1][0]["token"], blocks[-1][1]["softmax"]
        prefix = 1 + registers
        tensors[f"in.{case}"] = image
        tensors[f"patches.{case}"] = tokens[prefix:].astype(np.float32)
        tensors[f"class.{case}"] = tokens[0].astype(np.float32)
        tensors[f"attention.{case}"] = weights[prefix:].astype(np.float32)
        for index, (facets, kinds) in enumerate(blocks if case == READ else []):
            for facet, value in facets.items():
                kept = np.delete(value, np.s_[1:prefix], axis=0)
                tensors[f"{facet}.{case}.{index}"] = kept.astype(np.float32)
            for which, value in kinds.items():
                tensors[f"attention.{which}.{case}.{index}"] = value[prefix:].astype(np.float32)
    config = {
        "patch": PATCH, "img": PATCH * GRID, "dim": dim, "depth": depth, "heads": heads,
        "registers": registers, "ffn": kind, "eps": EPSILON, "pos": rule,
        "strides": {case: stride for case, _, _, stride in CASES},
    }  # fmt: skip
    tensors = {name: np.ascontiguousarray(value) for name, value in tensors.items()}
    save_file(tensors, folder / f"{name}.safetensors", {"config": json.dumps(config)})


def main():
    if np.__version__ != VERSIONS["numpy"]:
        raise SystemExit(f"numpy {VERSIONS['numpy']} is wanted, {np.__version__} is here")
    for model in MODELS:
        make(pathlib.Path(__file__).parent, *model)


if __name__ == "__main__":
    main()
