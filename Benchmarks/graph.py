"""Writes DINOv2 as an ONNX graph, straight from the safetensors file.

One file serves every size: the table of positions is an input, and the sides and the number of
tokens are free dimensions that a runtime fixes when it loads the file. Attention is written as
ONNX Runtime's fused operator, or as two products around a softmax, which OpenVINO fuses by itself
(it makes the same of its own scaled_dot_product_attention).
"""

import os
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

import dinov2

FUSED, PRODUCTS = "fused", "products"
HEAD = dinov2.DIM // dinov2.HEADS


class Writer:
    """Nodes and constants in the order in which they are computed."""

    def __init__(self):
        self.nodes, self.constants = [], []

    def constant(self, name, values):
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(self, operator, inputs, name, **attributes):
        self.nodes.append(helper.make_node(operator, inputs, [name], name=name, **attributes))
        return name

    def linear(self, x, name, weight, bias):
        product = self.node(
            "MatMul", [x, self.constant(name + ".weight", weight.T)], name + ".product")
        return self.node("Add", [product, self.constant(name + ".bias", bias)], name)

    def norm(self, x, name, weights):
        parts = [self.constant(f"{name}.{part}", weights[f"{name}.{part}"])
                 for part in ("weight", "bias")]
        return self.node("LayerNormalization", [x, *parts], name, epsilon=dinov2.EPSILON)

    def split(self, x, names):
        self.nodes.append(helper.make_node(
            "Split", [x], names, name=x + ".split", axis=-1, num_outputs=len(names)))
        return names

    def shaped(self, x, name, shape):
        return self.node(
            "Reshape", [x, self.constant(name + ".shape", np.array(shape, np.int64))], name)


def projected(writer, x, name, weights, kind):
    """Queries, keys and values: three layers, or one that is split, whichever was quicker."""
    names = [f"{name}.{part}" for part in ("query", "key", "value")]
    weight, bias = weights[name + ".qkv.weight"].copy(), weights[name + ".qkv.bias"].copy()
    if kind == FUSED:
        return [writer.linear(x, part, rows, values) for part, rows, values in zip(
            names, np.split(weight, 3), np.split(bias, 3))]
    weight[:dinov2.DIM] /= np.sqrt(np.float32(HEAD))
    bias[:dinov2.DIM] /= np.sqrt(np.float32(HEAD))
    joint = writer.linear(x, name + ".qkv", weight, bias)
    return writer.split(joint, names)


def attend(writer, x, block, weights, kind):
    """One block's attention, [batch, tokens, dim]."""
    name = f"blocks.{block}.attn"
    parts = projected(writer, x, name, weights, kind)
    if kind == FUSED:
        mixed = writer.node("MultiHeadAttention", parts, name + ".mixed", domain="com.microsoft",
                            num_heads=dinov2.HEADS)
    else:
        heads = []
        for part, order in zip(parts, ([0, 2, 1, 3], [0, 2, 3, 1], [0, 2, 1, 3])):
            split = writer.shaped(part, part + ".split", [0, 0, dinov2.HEADS, HEAD])
            heads.append(writer.node("Transpose", [split], part + ".heads", perm=order))
        scores = writer.node("MatMul", heads[:2], name + ".scores")
        shares = writer.node("Softmax", [scores], name + ".shares", axis=-1)
        summed = writer.node("MatMul", [shares, heads[2]], name + ".summed")
        joined = writer.node("Transpose", [summed], name + ".joined", perm=[0, 2, 1, 3])
        mixed = writer.shaped(joined, name + ".mixed", [0, 0, dinov2.DIM])
    return writer.linear(mixed, name + ".proj", weights[name + ".proj.weight"],
                         weights[name + ".proj.bias"])


def feed_forward(writer, x, block, weights):
    name = f"blocks.{block}.mlp"
    for layer in ("fc1", "fc2"):
        x = writer.linear(x, f"{name}.{layer}", weights[f"{name}.{layer}.weight"],
                          weights[f"{name}.{layer}.bias"])
        if layer == "fc1":
            x = writer.node("Gelu", [x], name + ".gelu")
    return x


def model(weights, stride, kind):
    """From `image`, [batch, 3, height, width], and `positions`, [tokens, dim], to `features`,
    [batch, tokens, dim], the class token first."""
    writer = Writer()
    x = writer.node(
        "Conv",
        ["image"] + [writer.constant("patch_embed." + part, weights["patch_embed.proj." + part])
                     for part in ("weight", "bias")],
        "patch_embed", strides=[stride, stride])
    x = writer.shaped(x, "patches.flat", [0, 0, -1])
    x = writer.node("Transpose", [x], "patches", perm=[0, 2, 1])
    # A row of zeros for the class token, whose vector stands first among the positions.
    row = writer.constant("class.row", np.array([0, 1, 0, 0, 0, 0], np.int64))
    x = writer.node("Pad", [x, row], "padded")
    x = writer.node("Add", [x, "positions"], "tokens")
    for block in range(dinov2.DEPTH):
        normed = writer.norm(x, f"blocks.{block}.norm1", weights)
        x = writer.node(
            "Add", [x, attend(writer, normed, block, weights, kind)], f"blocks.{block}.middle")
        normed = writer.norm(x, f"blocks.{block}.norm2", weights)
        x = writer.node(
            "Add", [x, feed_forward(writer, normed, block, weights)], f"blocks.{block}")
    features = writer.norm(x, "norm", weights)

    def value(name, shape):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    graph = helper.make_graph(
        writer.nodes, "dinov2_vits14",
        [value("image", ["batch", 3, "height", "width"]),
         value("positions", ["tokens", dinov2.DIM])],
        [value(features, ["batch", "tokens", dinov2.DIM])], writer.constants)
    domains = [helper.make_opsetid("", 20), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=domains, ir_version=10)


def write(weights, stride, kind, path):
    partial = path + ".part"
    onnx.save(model(dinov2.load(weights), int(stride), kind), partial)
    os.replace(partial, path)


if __name__ == "__main__":
    write(*sys.argv[1:])
