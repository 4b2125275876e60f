#!/usr/bin/env python3
"""Models of real size with random weights, in PyTorch and in Eyepiece: features, seconds, memory.

    python3 -m pip install torch==2.15.0 torchvision==0.29.2 timm==1.0.31 \\
        transformers==5.23.0 safetensors==0.8.0
    swift build -c release --product eyepiece-bench
    python3 Benchmarks/families.py IMAGE [--only TEXT] [--threads 2]

Each model is made with its authors' initialisation from a seed, written under Meta's key names
with a card into a folder that is removed again, and run on one image by either side in a process of
its own: PyTorch first, then Eyepiece. Told are the largest difference of the features and what part
of their largest magnitude that is, the smallest cosine of two vectors, the seconds of the shortest
of two runs and the most memory that was ever resident, all with the same number of threads.
"""

import argparse
import importlib.util
import json
import pathlib
import re
import resource
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).parent.parent
BENCH = ROOT / ".build/release/eyepiece-bench"


def fixtures():
    """The script of the tests' fixtures, for its names of tensors."""
    path = ROOT / "Tests/Fixtures/Families/make.py"
    spec = importlib.util.spec_from_file_location("families_make", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def timm_vit(name, **facts):
    import timm

    model = timm.create_model(name, num_classes=0, dynamic_img_size=True)
    weights = dict(model.state_dict())
    prefix = 1 + facts.get("registers", 0)
    if "reg_token" in weights:
        import torch

        weights["register_tokens"] = weights.pop("reg_token")
        table = weights["pos_embed"]
        weights["pos_embed"] = torch.cat([torch.zeros_like(table[:, :1]), table], 1)
    return model, weights, lambda x: model.forward_features(x)[0, prefix:], facts


def vit_b16():
    return timm_vit(
        "vit_base_patch16_224", family="vit", patch=16, dim=768, depth=12, heads=12, hidden=3072,
        positions="antialias", positionGrid=14, side=448)


def dino_s8():
    return timm_vit(
        "vit_small_patch8_224", family="dino", patch=8, dim=384, depth=12, heads=6, hidden=1536,
        positions="antialias", positionGrid=28, side=448)


def dinov2_b14_reg():
    return timm_vit(
        "vit_base_patch14_reg4_dinov2", family="dinov2", patch=14, dim=768, depth=12, heads=12,
        hidden=3072, registers=4, positions="antialias", positionGrid=37, side=448)


def mae_l16():
    return timm_vit(
        "vit_large_patch16_224", family="mae", patch=16, dim=1024, depth=24, heads=16,
        hidden=4096, positions="antialias", positionGrid=14, side=448)


def dinov3_s16():
    import transformers as hf

    make = fixtures()
    model = hf.DINOv3ViTModel(
        hf.DINOv3ViTConfig(
            hidden_size=384, num_hidden_layers=12, num_attention_heads=6, intermediate_size=1536,
            patch_size=16, num_register_tokens=4))
    weights = make.fused(make.renamed(model.state_dict(), make.HF_DINOV3))
    weights = make.renamed(weights, make.HF_DINOV3_PLAIN)
    return model, weights, lambda x: model(x).last_hidden_state[0, 5:], dict(
        family="dinov3", patch=16, dim=384, depth=12, heads=6, hidden=1536, registers=4,
        epsilon=1e-5, positions="rotary", side=448)


def hiera_b():
    import transformers as hf

    make = fixtures()
    model = hf.HieraModel(
        hf.HieraConfig(embed_dim=96, depths=[2, 3, 16, 3], num_heads=[1, 2, 4, 8]),
        add_pooling_layer=True)
    weights = make.hiera_weights(model, [0, 2, 5, 21])

    def features(x):
        found = model(x, output_hidden_states=True)
        return found.reshaped_hidden_states[-1][0].flatten(0, 1)

    return model, weights, features, dict(
        family="hiera", patch=4, dim=96, depth=24, heads=1, hidden=384, classTokens=0,
        positions="size", positionGrid=56, pooling="average-then-norm", side=224,
        hierarchy=dict(stages=[2, 3, 16, 3], pools=3))


def sam_b():
    import transformers as hf

    make = fixtures()
    model = hf.SamVisionModel(hf.SamVisionConfig())
    return model, make.renamed(model.state_dict(), make.HF_SAM), (
        lambda x: model(x).last_hidden_state[0].flatten(1).T), dict(
        family="sam", patch=16, dim=768, depth=12, heads=12, hidden=3072, classTokens=0,
        positions="antialias", positionGrid=64, pooling="average", side=1024,
        windows=dict(side=14, neck=256, **{"global": [2, 5, 8, 11]}))


MODELS = {
    "ViT-B/16": vit_b16, "DINO-S/8": dino_s8, "DINOv2-B/14-reg": dinov2_b14_reg,
    "DINOv3-S/16": dinov3_s16, "MAE-L": mae_l16, "Hiera-B": hiera_b, "SAM-B": sam_b,
}


def reference(name, image, threads, folder):
    """PyTorch's side: writes the model, the image and the features into the folder."""
    import numpy as np
    import torch
    from PIL import Image
    from safetensors.torch import save_file

    torch.set_num_threads(threads)
    torch.manual_seed(7)
    model, weights, features, facts = MODELS[name]()
    model.eval()
    facts = dict(
        name="model", title=name, source="random", licence="none", file="w", registers=0,
        feedForward="mlp", epsilon=1e-6, mean=[0] * 3, std=[1] * 3) | facts
    side = facts.pop("side")
    picture = Image.open(image).convert("RGB").resize((side, side), Image.Resampling.BICUBIC)
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    planes = ((np.asarray(picture) / 255 - mean) / deviation).transpose(2, 0, 1).astype("<f4")
    planes.tofile(folder / "image")
    save_file({k: v.contiguous() for k, v in weights.items()}, folder / "w")
    (folder / "cards.json").write_text(json.dumps([facts]))
    del weights
    x = torch.from_numpy(planes.astype(np.float32))[None]
    seconds = []
    with torch.inference_mode():
        for _ in range(2):
            start = time.monotonic()
            found = features(x)
            seconds.append(time.monotonic() - start)
    found.contiguous().numpy().astype("<f4").tofile(folder / "features")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps(dict(seconds=min(seconds), peak=peak, side=side)))


def compare(name, image, threads):
    import numpy as np

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        command = [
            sys.executable, __file__, image, "--reference", name, "--threads", str(threads),
            "--folder", folder]
        theirs = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        side = theirs["side"]
        command = [
            BENCH, "features", "--weights", folder / "w", "--cards", folder / "cards.json",
            "--model", "model", "--image", folder / "image", "--size", f"{side}x{side}", "--output",
            folder / "ours", "--threads", str(threads)]
        ours = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        pair = [np.fromfile(folder / n, "<f4").astype(float) for n in ("ours", "features")]
    found, wanted = (values.reshape(-1, ours["channels"]) for values in pair)
    difference = np.abs(found - wanted).max()
    lengths = np.linalg.norm(found, axis=1) * np.linalg.norm(wanted, axis=1)
    cosine = ((found * wanted).sum(1) / lengths).min()
    part = difference / np.abs(wanted).max()
    print(
        f"| {name} | {side}×{side} | {difference:.1e} | {part:.1e} | {1 - cosine:.1e} "
        f"| {ours['seconds']:.2f} | {theirs['seconds']:.2f} "
        f"| {ours['peak'] / 1e6:.0f} | {theirs['peak'] / 1e6:.0f} |", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("image")
    parser.add_argument("--only", default="", help="only the models whose names contain it")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--reference", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=pathlib.Path, help=argparse.SUPPRESS)
    flags = parser.parse_args()
    if flags.reference:
        reference(flags.reference, flags.image, flags.threads, flags.folder)
    else:
        print("| model | image | max Δ | of the largest | 1 − cosine | s | s, PyTorch | MB | MB, PyTorch |")
        print("|---|---|---|---|---|---|---|---|---|")
        for name in MODELS:
            if flags.only in name:
                compare(name, flags.image, flags.threads)
