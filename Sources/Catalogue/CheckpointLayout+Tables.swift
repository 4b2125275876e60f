extension CheckpointLayout {
  /// In the order in which they are tried.
  package static let all: [CheckpointLayout] = [
    featUp, torchvision, transformersHiera, transformersSAM, transformersGatedDINOv3,
    transformersDINOv3, transformersDINOv2, transformersViT, timmGatedDINOv3, timmDINOv3,
    timmGatedRegisters, timmRegisters, timmGatedDINOv2, timmHiera, timmSAM, metaDINOv3, deit3,
    deit3OfTimm, metaDINOv2, plain,
  ]

  /// Names as layers have them.
  static let plain = CheckpointLayout(
    layout: .meta, title: "Meta's or timm's names", marks: [], renamings: unused + [unfolded])

  /// What no loader asks for: masks of training, poolers, a second norm.
  private static let unused: [Renaming] = [
    Renaming("local_cls_norm.*", nil), Renaming("pre_logits.fc.*", nil),
    Renaming("pooler.dense.*", nil), Renaming("embeddings.mask_token", nil),
    Renaming("blocks.#.attn.qkv.bias_mask", nil),
  ]

  private static let unfolded = Renaming(
    "patch_embed.proj.weight", "patch_embed.proj.weight", .unfoldedPatches)

  static let metaDINOv3 = CheckpointLayout(
    layout: .meta, title: "Meta's DINOv3", marks: [.has("storage_tokens")],
    renamings: unused + [
      Renaming("mask_token", nil),
      Renaming("blocks.#.attn.qkv.bias", "blocks.#.attn.qkv.bias", .withoutKeyBias),
    ])

  static let torchvision = CheckpointLayout(
    layout: .torchvision, title: "torchvision's ViT", marks: [.has("conv_proj.weight")],
    renamings: [
      Renaming("class_token", "cls_token"),
      Renaming("encoder.pos_embedding", "pos_embed"),
      .layer("conv_proj", "patch_embed.proj"),
      .layer("encoder.layers.encoder_layer_#.ln_1", "blocks.#.norm1"),
      Renaming(
        "encoder.layers.encoder_layer_#.self_attention.in_proj_weight", "blocks.#.attn.qkv.weight"),
      Renaming(
        "encoder.layers.encoder_layer_#.self_attention.in_proj_bias", "blocks.#.attn.qkv.bias"),
      .layer("encoder.layers.encoder_layer_#.self_attention.out_proj", "blocks.#.attn.proj"),
      .layer("encoder.layers.encoder_layer_#.ln_2", "blocks.#.norm2"),
      .layer("encoder.layers.encoder_layer_#.mlp.linear_1", "blocks.#.mlp.fc1"),
      .layer("encoder.layers.encoder_layer_#.mlp.linear_2", "blocks.#.mlp.fc2"),
      .layer("encoder.layers.encoder_layer_#.mlp.0", "blocks.#.mlp.fc1"),
      .layer("encoder.layers.encoder_layer_#.mlp.3", "blocks.#.mlp.fc2"),
      .layer("encoder.ln", "norm"),
      .layer("heads.head", "head"),
      .layer("heads.0", "head"),
    ])

  /// Tails of an attention's names in transformers, of its fourth and its fifth edition.
  private static func attention(_ from: String, _ to: String) -> [Renaming] {
    let parts = ["query", "key", "value"].enumerated().flatMap { part, name in
      [
        Renaming.layer("\(from).attention.attention.\(name)", "\(to).attn.qkv", .part(part, of: 3)),
        .layer("\(from).attention.\(name.prefix(1))_proj", "\(to).attn.qkv", .part(part, of: 3)),
      ]
    }
    return parts + [
      .layer("\(from).attention.output.dense", "\(to).attn.proj"),
      .layer("\(from).attention.o_proj", "\(to).attn.proj"),
    ]
  }

  private static func block(_ from: String, _ to: String) -> [Renaming] {
    attention(from, to) + [
      .layer("\(from).layernorm_before", "\(to).norm1"),
      .layer("\(from).layernorm_after", "\(to).norm2"),
      .layer("\(from).intermediate.dense", "\(to).mlp.fc1"),
      .layer("\(from).output.dense", "\(to).mlp.fc2"),
      .layer("\(from).mlp.fc1", "\(to).mlp.fc1"),
      .layer("\(from).mlp.fc2", "\(to).mlp.fc2"),
    ]
  }

  private static let embeddings: [Renaming] = [
    Renaming("embeddings.cls_token", "cls_token"),
    Renaming("embeddings.position_embeddings", "pos_embed"),
    .layer("embeddings.patch_embeddings.projection", "patch_embed.proj"),
    .layer("layernorm", "norm"),
    .layer("classifier", "head"),
  ]

  private static let decoder: [Renaming] = [
    Renaming("decoder.mask_token", "mask_token"),
    Renaming("decoder.decoder_pos_embed", "decoder_pos_embed"),
    .layer("decoder.decoder_embed", "decoder_embed"),
    .layer("decoder.decoder_norm", "decoder_norm"),
    .layer("decoder.decoder_pred", "decoder_pred"),
  ]

  /// ViT, DeiT, DINO and MAE.
  static let transformersViT = CheckpointLayout(
    layout: .transformers, title: "transformers' ViT, DeiT or MAE",
    marks: [.has("embeddings.patch_embeddings.projection.weight")],
    renamings: embeddings + unused + decoder + block("encoder.layer.#", "blocks.#")
      + block("layers.#", "blocks.#")
      + block("decoder.decoder_layers.#", "decoder_blocks.#")
      + block("decoder.decoder_encoder.layer.#", "decoder_blocks.#") + [
        Renaming("embeddings.distillation_token", "dist_token"),
        .layer("cls_classifier", "head"),
        .layer("distillation_classifier", "head_dist"),
      ])

  static let transformersDINOv2 = CheckpointLayout(
    layout: .transformers, title: "transformers' DINOv2",
    marks: [
      .has("encoder.layer.0.layer_scale1.lambda1"),
      .has("embeddings.patch_embeddings.projection.weight"),
    ],
    renamings: embeddings + unused + attention("encoder.layer.#", "blocks.#") + [
      Renaming("embeddings.register_tokens", "register_tokens"),
      .layer("encoder.layer.#.norm1", "blocks.#.norm1"),
      .layer("encoder.layer.#.norm2", "blocks.#.norm2"),
      Renaming("encoder.layer.#.layer_scale1.lambda1", "blocks.#.ls1.gamma"),
      Renaming("encoder.layer.#.layer_scale2.lambda1", "blocks.#.ls2.gamma"),
      .layer("encoder.layer.#.mlp.fc1", "blocks.#.mlp.fc1"),
      .layer("encoder.layer.#.mlp.fc2", "blocks.#.mlp.fc2"),
      .layer("encoder.layer.#.mlp.weights_in", "blocks.#.mlp.w12"),
      .layer("encoder.layer.#.mlp.weights_out", "blocks.#.mlp.w3"),
      .layer("encoder.layer.#.mlp.gate_proj", "blocks.#.mlp.w12", .part(0, of: 2)),
      .layer("encoder.layer.#.mlp.up_proj", "blocks.#.mlp.w12", .part(1, of: 2)),
      .layer("encoder.layer.#.mlp.down_proj", "blocks.#.mlp.w3"),
    ])

  private static let dinov3OfTransformers: [Renaming] =
    unused + attention("layer.#", "blocks.#") + [
      Renaming("embeddings.cls_token", "cls_token"),
      Renaming("embeddings.register_tokens", "storage_tokens"),
      .layer("embeddings.patch_embeddings", "patch_embed.proj"),
      .layer("layer.#.norm1", "blocks.#.norm1"),
      .layer("layer.#.norm2", "blocks.#.norm2"),
      Renaming("layer.#.layer_scale1.lambda1", "blocks.#.ls1.gamma"),
      Renaming("layer.#.layer_scale2.lambda1", "blocks.#.ls2.gamma"),
    ]

  static let transformersDINOv3 = CheckpointLayout(
    layout: .transformers, title: "transformers' DINOv3",
    marks: [.has("embeddings.patch_embeddings.weight")],
    renamings: dinov3OfTransformers + [
      .layer("layer.#.mlp.up_proj", "blocks.#.mlp.fc1"),
      .layer("layer.#.mlp.down_proj", "blocks.#.mlp.fc2"),
    ])

  static let transformersGatedDINOv3 = CheckpointLayout(
    layout: .transformers, title: "transformers' DINOv3",
    marks: [
      .has("embeddings.patch_embeddings.weight"), .has("layer.0.mlp.gate_proj.weight"),
    ],
    renamings: dinov3OfTransformers + [
      .layer("layer.#.mlp.gate_proj", "blocks.#.mlp.w1"),
      .layer("layer.#.mlp.up_proj", "blocks.#.mlp.w2"),
      .layer("layer.#.mlp.down_proj", "blocks.#.mlp.w3"),
    ])

  static let transformersHiera = CheckpointLayout(
    layout: .transformers, title: "transformers' Hiera",
    marks: [.has("encoder.stages.0.layers.0.layernorm_before.weight")],
    stages: "encoder.stages.",
    renamings: decoder.filter { $0.from != NamePattern("decoder.decoder_embed.*") } + [
      Renaming("embeddings.position_embeddings", "pos_embed"),
      .layer("embeddings.patch_embeddings.projection", "patch_embed.proj"),
      .layer("blocks.#.layernorm_before", "blocks.#.norm1"),
      .layer("blocks.#.layernorm_after", "blocks.#.norm2"),
      .layer("pooler.layernorm", "norm"),
      .layer("classifier", "head.projection"),
      .layer(
        "multiscale_fusion.multi_scale_fusion_heads.#", "multi_scale_fusion_heads.#"),
      Renaming("decoder.decoder_position_embeddings", "decoder_pos_embed"),
      .layer("decoder.decoder_embeddings", "decoder_embed"),
      .layer("decoder.decoder_block.layers.#.layernorm_before", "decoder_blocks.#.norm1"),
      .layer("decoder.decoder_block.layers.#.layernorm_after", "decoder_blocks.#.norm2"),
      .layer("decoder.decoder_block.layers.#.attn.*", "decoder_blocks.#.attn.*"),
      .layer("decoder.decoder_block.layers.#.mlp.*", "decoder_blocks.#.mlp.*"),
    ])

  static let transformersSAM = CheckpointLayout(
    layout: .transformers, title: "transformers' SAM", marks: [.has("neck.conv1.weight")],
    renamings: [
      .layer("patch_embed.projection", "patch_embed.proj"),
      .layer("layers.#.layer_norm1", "blocks.#.norm1"),
      .layer("layers.#.layer_norm2", "blocks.#.norm2"),
      Renaming("layers.#.attn.rel_pos_h", "blocks.#.attn.rel_pos_h"),
      Renaming("layers.#.attn.rel_pos_w", "blocks.#.attn.rel_pos_w"),
      .layer("layers.#.attn.*", "blocks.#.attn.*"),
      .layer("layers.#.mlp.*", "blocks.#.mlp.*"),
      Renaming("neck.conv1.weight", "neck.0.weight"),
      .layer("neck.layer_norm1", "neck.1"),
      Renaming("neck.conv2.weight", "neck.2.weight"),
      .layer("neck.layer_norm2", "neck.3"),
    ])

  private static let dinov3OfTimm: [Renaming] = [
    Renaming("reg_token", "storage_tokens"),
    Renaming("blocks.#.gamma_1", "blocks.#.ls1.gamma"),
    Renaming("blocks.#.gamma_2", "blocks.#.ls2.gamma"),
    Renaming("blocks.#.attn.q_bias", "blocks.#.attn.qkv.bias", .part(0, of: 3)),
    Renaming("blocks.#.attn.v_bias", "blocks.#.attn.qkv.bias", .part(2, of: 3)),
  ]

  private static let isDINOv3OfTimm: [Mark] = [
    .has("reg_token"), .has("blocks.0.gamma_1"), .lacks("pos_embed"),
  ]

  static let timmDINOv3 = CheckpointLayout(
    layout: .timm, title: "timm's DINOv3", marks: isDINOv3OfTimm, renamings: dinov3OfTimm)

  static let timmGatedDINOv3 = CheckpointLayout(
    layout: .timm, title: "timm's DINOv3",
    marks: isDINOv3OfTimm + [.has("blocks.0.mlp.fc1_g.weight")],
    renamings: dinov3OfTimm + [
      .layer("blocks.#.mlp.fc1_g", "blocks.#.mlp.w1"),
      .layer("blocks.#.mlp.fc1_x", "blocks.#.mlp.w2"),
      .layer("blocks.#.mlp.fc2", "blocks.#.mlp.w3"),
    ])

  /// The class token of such files holds its position already.
  private static let registersOfTimm: [Renaming] = [
    Renaming("reg_token", "register_tokens"), Renaming("pos_embed", "pos_embed", .afterClassRow),
  ]

  private static let gated: [Renaming] = [
    .layer("blocks.#.mlp.fc1", "blocks.#.mlp.w12"), .layer("blocks.#.mlp.fc2", "blocks.#.mlp.w3"),
  ]

  private static let isGated = Mark.isHalved(
    "blocks.0.mlp.fc1.weight", by: "blocks.0.mlp.fc2.weight")

  static let timmRegisters = CheckpointLayout(
    layout: .timm, title: "timm's DINOv2 with registers",
    marks: [.has("reg_token"), .has("blocks.0.ls1.gamma")], renamings: registersOfTimm)

  static let timmGatedRegisters = CheckpointLayout(
    layout: .timm, title: "timm's DINOv2 with registers",
    marks: [.has("reg_token"), .has("blocks.0.ls1.gamma"), isGated],
    renamings: registersOfTimm + gated)

  static let timmGatedDINOv2 = CheckpointLayout(
    layout: .timm, title: "timm's DINOv2", marks: [.has("blocks.0.ls1.gamma"), isGated],
    renamings: gated)

  static let timmHiera = CheckpointLayout(
    layout: .timm, title: "timm's Hiera",
    marks: [.has("head.fc.weight"), .has("head.norm.weight")],
    renamings: [.layer("head.norm", "norm"), .layer("head.fc", "head.projection")])

  static let timmSAM = CheckpointLayout(
    layout: .timm, title: "timm's SAM",
    marks: [.has("neck.0.weight"), .has("blocks.0.mlp.fc1.weight")],
    renamings: [
      .layer("blocks.#.mlp.fc1", "blocks.#.mlp.lin1"),
      .layer("blocks.#.mlp.fc2", "blocks.#.mlp.lin2"),
    ])

  /// The class token of these gets no position.
  static let deit3 = CheckpointLayout(
    layout: .meta, title: "Meta's DeiT III",
    marks: [.has("blocks.0.gamma_1"), .hasSquarePositions],
    renamings: [
      Renaming("blocks.#.gamma_1", "blocks.#.ls1.gamma"),
      Renaming("blocks.#.gamma_2", "blocks.#.ls2.gamma"),
      Renaming("pos_embed", "pos_embed", .afterClassRow),
    ])

  static let deit3OfTimm = CheckpointLayout(
    layout: .timm, title: "timm's DeiT III",
    marks: [.has("blocks.0.ls1.gamma"), .has("head.weight"), .hasSquarePositions],
    renamings: [Renaming("pos_embed", "pos_embed", .afterClassRow)])

  /// A model and its upsampler, as training kept them; what only training needs is left out.
  static let featUp = CheckpointLayout(
    layout: .meta, title: "FeatUp's", marks: [.has("upsampler.up1.range_temp")],
    renamings: [
      Renaming("mask_token", nil), .layer("1.norm", "upsampler.norm"),
    ]
      + ["downsampler", "scale_net"].flatMap { name in
        (1...5).map { Renaming(name + String(repeating: ".*", count: $0), nil) }
      })

  static let metaDINOv2 = CheckpointLayout(
    layout: .meta, title: "Meta's or timm's DINOv2", marks: [.has("blocks.0.ls1.gamma")],
    renamings: [Renaming("mask_token", nil)])
}
