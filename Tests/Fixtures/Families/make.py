#!/usr/bin/env python3
"""Tiny random models of every family, and what the field's own code makes of one image with them.

    python3 -m pip install torch==2.15.0 torchvision==0.29.2 timm==1.0.31 \\
        transformers==5.23.0 safetensors==0.8.0
    python3 Tests/Fixtures/Families/make.py

timm's, torchvision's and Hugging Face's models, built small, their weights drawn at random and
rounded to float16, computed in float64. Each file holds `w.<key>` under Meta's names, `in.image`,
`[3, height, width]`, and `out.<part>`; the metadata's `card` is the model's own, as in
`Config/models.json`, and `seed` the seed of the mask where there is one. The same versions and
seeds write the same bytes.
"""

import json
import pathlib
import re

import timm
import torch
import torchvision
import transformers as hf
from safetensors.torch import save_file
from timm.models import vision_transformer as timm_vit
from timm.models.deit import VisionTransformerDistilled

VERSIONS = {
    torch: "2.15.0", torchvision: "0.29.2", timm: "1.0.31", hf: "5.23.0",
}
FOLDER = pathlib.Path(__file__).parent


def randomise(model, seed):
    """Weights large enough that every part of the model matters, exact in float16."""
    chance = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in sorted(model.named_parameters()):
            scale, mean = 0.3, 0.0
            if tensor.dim() > 1 and "token" not in name and "pos" not in name:
                scale = 1.2 / tensor[0].numel() ** 0.5
            elif re.search(r"norm.*weight|layernorm.*weight|gamma|lambda", name):
                mean = 1.0
            drawn = mean + scale * torch.randn(tensor.shape, generator=chance)
            tensor.copy_(drawn.half().float())
    return model.eval().double()


def image_of(seed, height, width):
    chance = torch.Generator().manual_seed(seed)
    return torch.randn(1, 3, height, width, generator=chance).half().double()


def write(name, weights, image, outputs, card, **facts):
    card = dict(
        name=name, title=name, source="random", licence="none", file=f"{name}.safetensors",
        mean=[0, 0, 0], std=[1, 1, 1]) | card
    tensors = {f"w.{k}": v.detach().half().contiguous() for k, v in weights.items()}
    tensors["in.image"] = image[0].half().contiguous()
    for key, value in outputs.items():
        tensors[f"out.{key}"] = value.detach().float().contiguous()
    path = FOLDER / f"{name}.safetensors"
    facts = {k: str(v) for k, v in facts.items()}
    save_file(tensors, path, metadata={"card": json.dumps(card)} | facts)
    print(f"{path.name}: {path.stat().st_size} bytes")


def renamed(state, rules):
    """Keys under Meta's names; what has the name '-' is left out."""
    result = {}
    for key, tensor in state.items():
        for pattern, to in rules:
            key = re.sub(pattern, to, key)
        if "-" not in key:
            result[key] = tensor
    return result


def fused(state):
    """Queries, keys and values of each block as one layer; a bias that is missing is zero."""
    result = {k: v for k, v in state.items() if not re.search(r"attn\.[qkv]\.", k)}
    for key in state:
        if not key.endswith("attn.q.weight"):
            continue
        base = key.removesuffix("q.weight")
        result[f"{base}qkv.weight"] = torch.cat([state[f"{base}{p}.weight"] for p in "qkv"])
        zeros = torch.zeros_like(state[f"{base}q.weight"][:, 0])
        result[f"{base}qkv.bias"] = torch.cat([state.get(f"{base}{p}.bias", zeros) for p in "qkv"])
    return result


HF_BLOCKS = [
    (r"^(vit|deit|dinov2|dinov2_with_registers|model)\.", ""),
    (r"^embeddings\.distillation_token", "dist_token"),
    (r"^embeddings\.position_embeddings", "pos_embed"),
    (r"^embeddings\.patch_embeddings\.(projection\.)?", "patch_embed.proj."),
    (r"^embeddings\.mask_token", "-"),
    (r"^embeddings\.", ""),
    (r"^(encoder\.)?(model\.)?layers?\.", "blocks."),
    (r"attention\.attention\.(q|k|v)(uery|ey|alue)?(_proj)?\.", r"attn.\1."),
    (r"attention\.(q|k|v)_proj\.", r"attn.\1."),
    (r"attention\.(o_proj|output\.dense)\.", "attn.proj."),
    (r"layernorm_before\.", "norm1."), (r"layernorm_after\.", "norm2."),
    (r"intermediate\.dense\.", "mlp.fc1."), (r"(?<!mlp\.)output\.dense\.", "mlp.fc2."),
    (r"layer_scale(\d)\.lambda1", r"ls\1.gamma"),
    (r"^layernorm\.", "norm."), (r"^classifier\.", "head."), (r"^pooler\.", "-"),
]


HF_DINOV3 = HF_BLOCKS + [
    (r"register_tokens", "storage_tokens"), (r"rope_embeddings.*", "-")]
HF_DINOV3_PLAIN = [(r"up_proj", "fc1"), (r"down_proj", "fc2")]
HF_DINOV3_GATED = [(r"gate_proj", "w1"), (r"up_proj", "w2"), (r"down_proj", "w3")]

HF_HIERA = [
    (r"^hiera\.", ""), (r"^embeddings\.position_embeddings", "pos_embed"),
    (r"^embeddings\.patch_embeddings\.projection", "patch_embed.proj"),
    (r"^pooler\.layernorm", "norm"), (r"^classifier\.", "head.projection."),
    (r"^multiscale_fusion\.", ""), (r"^decoder\.decoder_position_embeddings", "decoder_pos_embed"),
    (r"^decoder\.decoder_embeddings", "decoder_embed"),
    (r"^decoder\.decoder_block\.layers\.", "decoder_blocks."),
    (r"^decoder\.", ""), (r"layernorm_before", "norm1"), (r"layernorm_after", "norm2"),
]

HF_SAM = [
    (r"^vision_encoder\.", ""), (r"patch_embed\.projection", "patch_embed.proj"),
    (r"^layers\.", "blocks."), (r"layer_norm1\.", "norm1."), (r"layer_norm2\.", "norm2."),
    (r"^neck\.conv1", "neck.0"), (r"^neck\.norm1", "neck.1"), (r"^neck\.conv2", "neck.2"),
    (r"^neck\.norm2", "neck.3"),
]


def hiera_weights(model, starts):
    """Blocks counted through all stages, which begin at `starts`."""
    state = {}
    for key, tensor in model.state_dict().items():
        stage = re.search(r"encoder\.stages\.(\d)\.layers\.(\d+)\.", key)
        if stage:
            block = starts[int(stage[1])] + int(stage[2])
            key = re.sub(r".*encoder\.stages\.\d\.layers\.\d+\.", f"blocks.{block}.", key)
        state[key] = tensor
    return renamed(state, HF_HIERA)


def plain(**facts):
    return dict(
        dim=32, depth=2, heads=4, hidden=64, registers=0, feedForward="mlp", epsilon=1e-6) | facts


def vit():
    shape = dict(img_size=48, patch_size=8, embed_dim=32, depth=2, num_heads=4, mlp_ratio=2)
    image = image_of(1, 40, 64)
    for name, seed, model, facts in [
        ("vit", 11, timm_vit.VisionTransformer(num_classes=10, dynamic_img_size=True, **shape), {}),
        ("vit_average", 12, timm_vit.VisionTransformer(
            num_classes=10, dynamic_img_size=True, global_pool="avg", fc_norm=True, **shape),
            dict(pooling="average-then-norm")),
        ("deit_distilled", 13, VisionTransformerDistilled(
            num_classes=10, dynamic_img_size=True, **shape), dict(classTokens=2)),
    ]:
        randomise(model, seed)
        tokens = model.forward_features(image)[0]
        first = facts.get("classTokens", 1)
        outputs = dict(patches=tokens[first:], logits=model(image)[0])
        outputs["class"] = tokens[0]
        if name == "vit_average":
            # Patches pass the norm that the mean passes.
            outputs["class"] = model.fc_norm(tokens[1:].mean(0))
            outputs["patches"] = model.fc_norm(tokens[1:])
        head = dict(classes=10, input="both-tokens" if first == 2 else "pooled")
        write(name, model.state_dict(), image, outputs, plain(
            family="deit" if first == 2 else "vit", patch=8, positions="antialias",
            positionGrid=6, head=head, **facts))


def dino():
    config = hf.ViTConfig(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
        image_size=48, patch_size=8, layer_norm_eps=1e-12, attn_implementation="eager")
    model = randomise(hf.ViTModel(config, add_pooling_layer=False), 21)
    image = image_of(2, 40, 64)
    out = model(image, interpolate_pos_encoding=True, output_attentions=True)
    outputs = dict(
        patches=out.last_hidden_state[0, 1:], attention=out.attentions[-1][0, :, 0, 1:].T)
    outputs["class"] = out.last_hidden_state[0, 0]
    write("dino_hf", fused(renamed(model.state_dict(), HF_BLOCKS)), image, outputs, plain(
        family="dino", patch=8, positions="size", positionGrid=6, epsilon=1e-12))


def torchvision_vit():
    model = torchvision.models.VisionTransformer(48, 8, 2, 4, 32, 64, num_classes=10)
    image = image_of(3, 64, 64)
    randomise(model, 31)
    rules = [
        (r"^class_token", "cls_token"), (r"^encoder\.pos_embedding", "pos_embed"),
        (r"^conv_proj\.", "patch_embed.proj."), (r"^encoder\.layers\.encoder_layer_", "blocks."),
        (r"ln_", "norm"), (r"self_attention\.in_proj_", "attn.qkv."),
        (r"self_attention\.out_proj", "attn.proj"), (r"mlp\.0", "mlp.fc1"), (r"mlp\.3", "mlp.fc2"),
        (r"^encoder\.ln\.", "norm."), (r"^heads\.head\.", "head."),
    ]
    weights = renamed(model.state_dict(), rules)
    state = torchvision.models.vision_transformer.interpolate_embeddings(
        64, 8, {k: v.float() for k, v in model.state_dict().items()})
    larger = torchvision.models.VisionTransformer(64, 8, 2, 4, 32, 64, num_classes=10)
    larger.load_state_dict(state)
    larger = larger.eval().double()
    tokens = larger._process_input(image)
    tokens = torch.cat([larger.class_token, tokens], 1)
    tokens = larger.encoder(tokens)[0]
    outputs = dict(patches=tokens[1:], logits=larger(image)[0])
    outputs["class"] = tokens[0]
    write("vit_torchvision", weights, image, outputs, plain(
        family="vit", patch=8, positions="corners", positionGrid=6, head=dict(classes=10)))


def dinov2():
    shape = dict(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=4, mlp_ratio=2, image_size=48,
        patch_size=8)
    image = image_of(4, 40, 64)
    for name, seed, model, facts in [
        ("dinov2_registers", 41, hf.Dinov2WithRegistersModel(
            hf.Dinov2WithRegistersConfig(num_register_tokens=3, **shape)),
            dict(registers=3, positions="antialias")),
        ("dinov2_swiglu", 42, hf.Dinov2Model(
            hf.Dinov2Config(use_swiglu_ffn=True, **shape)),
            dict(feedForward="swiglu", positions="size")),
    ]:
        randomise(model, seed)
        weights = fused(renamed(model.state_dict(), HF_BLOCKS))
        if name == "dinov2_swiglu":
            joined = {}
            for key, tensor in weights.items():
                for kind in ("weight", "bias"):
                    gate = key.removesuffix(f"gate_proj.{kind}")
                    if gate != key:
                        up = weights[f"{gate}up_proj.{kind}"]
                        joined[f"{gate}w12.{kind}"] = torch.cat([tensor, up])
                    joined |= {
                        key.replace(f"weights_in.{kind}", f"w12.{kind}"): tensor
                        for _ in [0] if f"weights_in.{kind}" in key}
                    joined |= {
                        re.sub(r"(weights_out|down_proj)", "w3", key): tensor
                        for _ in [0] if re.search(rf"(weights_out|down_proj)\.{kind}", key)}
            rest = r"gate_proj|up_proj|down_proj|weights_in|weights_out"
            weights = {k: v for k, v in weights.items() if not re.search(rest, k)} | joined
            facts["hidden"] = weights["blocks.0.mlp.w3.weight"].shape[1]
        tokens = model(image).last_hidden_state[0]
        outputs = dict(patches=tokens[1 + facts.get("registers", 0):])
        outputs["class"] = tokens[0]
        write(name, weights, image, outputs, plain(
            family="dinov2", patch=8, positionGrid=6) | facts)


def dinov3():
    image = image_of(5, 48, 80)
    for name, seed, gated in [("dinov3", 51, False), ("dinov3_swiglu", 52, True)]:
        config = hf.DINOv3ViTConfig(
            hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
            patch_size=16, num_register_tokens=4, use_gated_mlp=gated,
            hidden_act="silu" if gated else "gelu")
        model = randomise(hf.DINOv3ViTModel(config), seed)
        weights = fused(renamed(model.state_dict(), HF_DINOV3))
        weights = renamed(weights, HF_DINOV3_GATED if gated else HF_DINOV3_PLAIN)
        tokens = model(image).last_hidden_state[0]
        outputs = dict(patches=tokens[5:])
        outputs["class"] = tokens[0]
        write(name, weights, image, outputs, plain(
            family="dinov3", patch=16, heads=2, registers=4, epsilon=1e-5, positions="rotary",
            feedForward="swiglu-split" if gated else "mlp"))


def mae():
    config = hf.ViTMAEConfig(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
        image_size=48, patch_size=8, decoder_hidden_size=24, decoder_num_hidden_layers=2,
        decoder_num_attention_heads=3, decoder_intermediate_size=48, norm_pix_loss=True)
    model = randomise(hf.ViTMAEForPreTraining(config), 61)
    image = image_of(6, 48, 48)
    noise = torch.rand(1, 36, generator=torch.Generator().manual_seed(8))
    out = model(image, noise=noise)
    decoder = [
        (r"^decoder\.decoder_pos_embed", "decoder_pos_embed"),
        (r"^decoder\.mask_token", "mask_token"),
        (r"^decoder\.decoder_(layers|encoder\.layers?)\.", "decoder_blocks."),
        (r"^decoder\.", ""),
    ]
    weights = fused(renamed(model.state_dict(), decoder + HF_BLOCKS))
    outputs = dict(predicted=out.logits[0], mask=out.mask[0], loss=out.loss.reshape(1))
    write("mae", weights, image, outputs, plain(
        family="mae", patch=8, positions="size", positionGrid=6, epsilon=1e-12,
        decoder=dict(
            dim=24, depth=2, heads=3, hidden=48, normalisedPixels=True, pixelOrder="interleaved",
            maskRatio=0.75)), seed=8)


def hiera():
    shape = dict(
        embed_dim=8, depths=[1, 2, 1, 1], num_heads=[1, 2, 4, 8], mlp_ratio=2.0,
        image_size=[64, 64])
    card = dict(
        family="hiera", patch=4, dim=8, depth=5, heads=1, hidden=16, classTokens=0, registers=0,
        feedForward="mlp", epsilon=1e-6, positions="size", positionGrid=16,
        pooling="average-then-norm")
    image = image_of(7, 64, 64)
    model = randomise(hf.HieraForImageClassification(hf.HieraConfig(num_labels=6, **shape)), 71)
    out = model(image, output_hidden_states=True)
    maps = out.reshaped_hidden_states
    outputs = {f"stage{i + 1}": maps[-4 + i][0] for i in range(4)}
    outputs["logits"] = out.logits[0]
    write("hiera", hiera_weights(model, [0, 1, 3, 4]), image, outputs, card | dict(
        hierarchy=dict(stages=[1, 2, 1, 1], pools=3), head=dict(classes=6)))

    config = hf.HieraConfig(
        num_query_pool=2, decoder_hidden_size=16, decoder_depth=1, decoder_num_heads=2,
        mask_ratio=0.5, **shape)
    model = randomise(hf.HieraForPreTraining(config), 72)
    image = image_of(8, 64, 64)
    noise = torch.rand(1, 4, generator=torch.Generator().manual_seed(9))
    out = model(image, noise=noise)
    outputs = dict(loss=out.loss.reshape(1), predicted=out.logits[0])
    hidden = model.state_dict()["decoder.decoder_block.layers.0.mlp.fc1.weight"].shape[0]
    write("hiera_mae", hiera_weights(model, [0, 1, 3, 4]), image, outputs, card | dict(
        hierarchy=dict(stages=[1, 2, 1, 1], pools=2),
        decoder=dict(
            dim=16, depth=1, heads=2, hidden=hidden, normalisedPixels=True, pixelOrder="planar",
            maskRatio=0.5)), seed=9)


def sam():
    config = hf.SamVisionConfig(
        hidden_size=32, num_hidden_layers=3, num_attention_heads=4, mlp_dim=64, image_size=160,
        patch_size=16, window_size=4, global_attn_indexes=[1], output_channels=12,
        attn_implementation="eager")
    model = randomise(hf.SamVisionModel(config), 81)
    image = image_of(9, 160, 160)
    out = model(image)
    write(
        "sam", renamed(model.state_dict(), HF_SAM), image,
        dict(embedding=out.last_hidden_state[0].permute(1, 2, 0)),
        dict(
            family="sam", patch=16, dim=32, depth=3, heads=4, hidden=64, classTokens=0,
            registers=0, feedForward="mlp", epsilon=1e-6, positions="antialias", positionGrid=10,
            windows=dict(side=4, **{"global": [1]}, neck=12), pooling="average"))


if __name__ == "__main__":
    for module, version in VERSIONS.items():
        if module.__version__.split("+")[0] != version:
            raise SystemExit(f"{module.__name__} {module.__version__}, not {version}")
    torch.use_deterministic_algorithms(True)
    for family in (vit, dino, torchvision_vit, dinov2, dinov3, mae, hiera, sam):
        family()
