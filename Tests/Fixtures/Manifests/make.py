#!/usr/bin/env python3
"""Names and shapes of some published checkpoints, as small as they can be said.

    python3 Tests/Fixtures/Manifests/make.py model_keys.json

Takes one variant of every distribution out of a manifest of many, `{"layout/variant": {"tensor":
[shape]}}`. Numbers between dots become `#`: a run of blocks whose tensors have the same shapes is
said once, with the first and the last number. The whole manifest is rebuilt before it is written,
and must be the same.
"""

import itertools
import json
import pathlib
import re
import sys

VARIANTS = [
    "meta/dino_vits8", "meta/dinov2_vits14", "meta/dinov2_vits14_reg4", "meta/dinov2_vitg14",
    "meta/dinov3_vits16", "meta/dinov3_vits16plus", "meta/dinov3_vitl16_sat493m",
    "meta/mae_vit_base_patch16_full", "meta/mae_vit_base_patch16_encoder", "meta/hiera_tiny_224",
    "meta/mae_hiera_tiny_224", "meta/sam_vit_b", "torchvision/vit_b_16",
    "timm/vit_tiny_patch16_224.augreg_in21k", "timm/deit_tiny_distilled_patch16_224.fb_in1k",
    "timm/vit_small_patch14_reg4_dinov2.lvd142m", "timm/vit_giant_patch14_dinov2.lvd142m",
    "timm/vit_giant_patch14_reg4_dinov2.lvd142m", "timm/vit_small_patch16_dinov3.lvd1689m",
    "timm/vit_small_plus_patch16_dinov3_qkvb.lvd1689m", "timm/hiera_tiny_224.mae_in1k_ft_in1k",
    "timm/samvit_base_patch16.sa1b", "hf/google-vit-base-patch16-224",
    "hf/facebook-deit-tiny-distilled-patch16-224", "hf/facebook-dino-vits16",
    "hf/facebook-dinov2-small", "hf/facebook-dinov2-with-registers-giant",
    "hf/facebook-dinov3-vits16-pretrain-lvd1689m", "hf/facebook-dinov3-vits16plus-pretrain-lvd1689m",
    "hf/facebook-vit-mae-base", "hf/facebook-hiera-tiny-224-in1k-hf",
    "hf/facebook-hiera-tiny-224-mae-hf", "hf/facebook-sam-vit-base",
]

NUMBER = re.compile(r"(?<![^._])\d+(?![^.])")


def folded(tensors):
    """[name with #, first, last, shape] where a number runs, [name, shape] where none does."""
    runs = {}
    for name, shape in tensors.items():
        match = NUMBER.search(name)
        if match is None:
            runs.setdefault((name, None, tuple(shape)), [])
            continue
        pattern = name[: match.start()] + "#" + name[match.end() :]
        runs.setdefault((pattern, tuple(shape)), []).append(int(match.group()))
    rows = []
    for key, numbers in runs.items():
        if not numbers:
            rows.append([key[0], list(key[2])])
            continue
        # Consecutive numbers differ from their places by the same.
        grouped = itertools.groupby(enumerate(sorted(numbers)), lambda pair: pair[1] - pair[0])
        for _, group in grouped:
            run = [number for _, number in group]
            rows.append([key[0], run[0], run[-1], list(key[1])])
    return rows


def unfolded(rows):
    tensors = {}
    for row in rows:
        if len(row) == 2:
            tensors[row[0]] = row[1]
        else:
            pattern, first, last, shape = row
            tensors |= {pattern.replace("#", str(n), 1): shape for n in range(first, last + 1)}
    return tensors


def main():
    source = json.loads(pathlib.Path(sys.argv[1]).read_text())
    lines = []
    for variant in VARIANTS:
        rows = folded(source[variant])
        assert unfolded(rows) == source[variant], variant
        lines.append(f"{json.dumps(variant)}: {json.dumps(rows, separators=(',', ':'))}")
    target = pathlib.Path(__file__).parent / "manifests.json"
    target.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
