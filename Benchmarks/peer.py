"""usage: peer.py NAME --weights FILE --folder FOLDER --size WIDTHxHEIGHT --stride N --views N
               --batch N --threads N --precision float32|bfloat16|int8

One peer as a process that stays: NAME is onnxruntime, openvino or torch. Prints a line of JSON
once it is warm, then one for each line that it reads:

    run                  encodes the views and says how many seconds that took
    check IMAGE FILE     writes the patch tokens of one view of an image, [grid, dim]
    job IMAGE FILE       does what HR-Dv2 does and writes [height, width, dim] (torch alone)
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

import dinov2


def graph_file(options, kind):
    """The path of the model as ONNX, which is written unless it is there."""
    path = Path(options.folder) / f"dinov2_vits14-{options.stride}-{kind}.onnx"
    if not path.exists():
        # In a process of its own, whose memory is not the peer's.
        program = Path(__file__).with_name("graph.py")
        subprocess.run([sys.executable, program, options.weights, str(options.stride), kind, path],
                       check=True)
    return str(path)


def eight_bits(path):
    """The same graph with the layers' weights in eight bits, activations rounded as they come."""
    from onnx import TensorProto
    from onnxruntime.quantization import QuantType, quantize_dynamic

    rounded = path.replace(".onnx", "-int8.onnx")
    if not Path(rounded).exists():
        # The types behind ONNX Runtime's own attention are not found by inference.
        quantize_dynamic(
            path, rounded, per_channel=True, weight_type=QuantType.QInt8,
            extra_options={"DefaultTensorType": TensorProto.FLOAT})
    return rounded


class ONNXRuntime:
    """All optimisations, one operator at a time on all threads, attention as its own operator."""

    def __init__(self, options, positions):
        import onnxruntime

        if options.precision == "bfloat16":
            raise ValueError("ONNX Runtime has no bfloat16 products for this processor")
        self.name = f"ONNX Runtime {onnxruntime.__version__}"
        settings = onnxruntime.SessionOptions()
        settings.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
        settings.intra_op_num_threads = options.threads
        settings.inter_op_num_threads = 1
        for name, length in (("batch", options.batch), ("height", options.height),
                             ("width", options.width), ("tokens", len(positions))):
            settings.add_free_dimension_override_by_name(name, length)
        path = graph_file(options, "fused")
        self.session = onnxruntime.InferenceSession(
            eight_bits(path) if options.precision == "int8" else path, settings,
            providers=["CPUExecutionProvider"])
        self.positions = positions

    def __call__(self, views):
        return self.session.run(None, {"image": views, "positions": self.positions})[0]


class OpenVINO:
    """Set for latency, in the precision that is asked for; NNCF makes the eight bits of it, with
    shifted views of noise to find the activations' ranges."""

    def __init__(self, options, positions):
        import openvino

        self.name = f"OpenVINO {openvino.__version__.split('-')[0]}"
        core = openvino.Core()
        model = core.read_model(graph_file(options, "products"))
        model.reshape({"image": [options.batch, 3, options.height, options.width],
                       "positions": list(positions.shape)})
        if options.precision == "int8":
            import nncf

            noise = dinov2.noise(options.height, options.width)
            views = [{"image": view, "positions": positions}
                     for view in dinov2.views(noise, 8, options.batch)]
            model = nncf.quantize(
                model, nncf.Dataset(views), subset_size=len(views),
                model_type=nncf.ModelType.TRANSFORMER)
        self.request = core.compile_model(model, "CPU", {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": options.threads,
            "INFERENCE_PRECISION_HINT": {"bfloat16": "bf16"}.get(options.precision, "f32"),
        }).create_infer_request()
        self.positions = positions

    def __call__(self, views):
        results = self.request.infer([views, self.positions], share_inputs=True)
        return next(iter(results.values()))


class Torch:
    """The published definition on scaled_dot_product_attention, without gradients."""

    def __init__(self, options, positions):
        import torch

        if options.precision == "int8":
            raise ValueError("PyTorch is not measured in eight bits")
        self.torch, self.name = torch, f"PyTorch {torch.__version__}"
        torch.set_num_threads(options.threads)
        self.kind = getattr(torch, options.precision)
        weights = dinov2.load(options.weights)
        self.weights = {key: torch.from_numpy(value).to(self.kind)
                        for key, value in weights.items() if key != "pos_embed"}
        self.positions = torch.from_numpy(positions).to(self.kind)
        self.stride = options.stride

    def layer(self, x, name):
        return self.torch.nn.functional.linear(
            x, self.weights[name + ".weight"], self.weights[name + ".bias"])

    def norm(self, x, name):
        return self.torch.nn.functional.layer_norm(
            x, (dinov2.DIM,), self.weights[name + ".weight"], self.weights[name + ".bias"],
            dinov2.EPSILON)

    def attention(self, x, name):
        size = (1, len(x), 3, dinov2.HEADS, dinov2.DIM // dinov2.HEADS)
        parts = self.layer(x, name + ".qkv").view(size).permute(2, 0, 3, 1, 4)
        mixed = self.torch.nn.functional.scaled_dot_product_attention(*parts)
        return self.layer(mixed.transpose(1, 2).reshape(x.shape), name + ".proj")

    def tokens(self, view):
        """All tokens after the final norm, [1 + grid, dim]."""
        functional = self.torch.nn.functional
        patches = functional.conv2d(
            view.to(self.kind), self.weights["patch_embed.proj.weight"],
            self.weights["patch_embed.proj.bias"], stride=self.stride)
        x = functional.pad(patches[0].flatten(1).T, (0, 0, 1, 0)) + self.positions
        for block in range(dinov2.DEPTH):
            name = f"blocks.{block}"
            x = x + self.attention(self.norm(x, name + ".norm1"), name + ".attn")
            wide = self.layer(self.norm(x, name + ".norm2"), name + ".mlp.fc1")
            x = x + self.layer(functional.gelu(wide), name + ".mlp.fc2")
        return self.norm(x, "norm")

    def __call__(self, views):
        with self.torch.inference_mode():
            return np.stack([self.tokens(self.torch.from_numpy(view[None])).float().numpy()
                             for view in views])

    def average(self, image, count):
        """HR-Dv2's whole work: every view's features in full resolution, averaged,
        [height, width, dim]."""
        torch = self.torch
        height, width = image.shape[1:]
        rows, columns = dinov2.grid(height, width, self.stride)
        with torch.inference_mode():
            total = torch.zeros(1, dinov2.DIM, height, width)
            for shift in dinov2.SHIFTS[:count]:
                view = torch.roll(torch.from_numpy(image), shift, (1, 2))[None]
                patches = self.tokens(view)[1:].float().T.view(1, dinov2.DIM, rows, columns)
                field = torch.nn.functional.interpolate(
                    patches, (height, width), mode="nearest-exact")
                total += torch.roll(field, tuple(-step for step in shift), (2, 3))
            total /= count
            return total[0].permute(1, 2, 0).contiguous().numpy()


PEERS = {"onnxruntime": ONNXRuntime, "openvino": OpenVINO, "torch": Torch}


def read(path):
    """An image as DINOv2 sees it, cropped in its centre to whole patches, [3, height, width]."""
    from PIL import Image

    pixels = np.asarray(Image.open(path).convert("RGB"), np.float32) / 255
    height, width = (side - side % dinov2.PATCH for side in pixels.shape[:2])
    top, left = (pixels.shape[0] - height) // 2, (pixels.shape[1] - width) // 2
    pixels = (pixels[top:top + height, left:left + width] - dinov2.MEAN) / dinov2.DEVIATION
    return np.ascontiguousarray(pixels.transpose(2, 0, 1))


def answer(peer, options, noise, words):
    start = time.perf_counter()
    if words[0] == "run":
        for views in dinov2.views(noise, options.views, options.batch):
            peer(views)
    elif words[0] == "check":
        rows, columns = dinov2.grid(options.height, options.width, options.stride)
        np.save(words[2], peer(read(words[1])[None])[0, 1:].reshape(rows, columns, dinov2.DIM))
    elif words[0] == "job":
        np.save(words[2], peer.average(read(words[1]), options.views))
    return {"seconds": time.perf_counter() - start}


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("name", choices=PEERS)
    for option in ("weights", "folder", "size", "precision"):
        parser.add_argument("--" + option, required=True)
    for option in ("stride", "views", "batch", "threads"):
        parser.add_argument("--" + option, type=int, required=True)
    options = parser.parse_args()
    options.width, options.height = map(int, options.size.split("x"))
    # Libraries that print must not be taken for answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    positions = dinov2.positions(
        options.weights, options.height, options.width, options.stride)
    try:
        peer = PEERS[options.name](options, positions)
    except (ImportError, ValueError) as error:
        sys.exit(str(error))
    noise = dinov2.noise(options.height, options.width)
    peer(np.stack([noise] * options.batch))
    print(json.dumps({"name": peer.name}), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(peer, options, noise, line.split())), file=answers, flush=True)


if __name__ == "__main__":
    main()
