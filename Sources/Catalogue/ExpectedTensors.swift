package import Encoders

/// The tensors that a model of a card has, under the names by which layers ask for them.
///
/// The names are those of Meta's own files, in the order of the forward pass. Source: §6 of each
/// family's code, as the shapes in `Tests/Fixtures/Manifests` hold it.
package struct ExpectedTensors: Sendable {
  /// What a tensor is made of when the file has none like it in any block.
  package enum Filling: Sendable, Hashable {
    case zeros
    /// The periods of DINOv3's rotation, 100^(4k / head's width).
    case periods
  }

  package struct Tensor: Sendable, Hashable {
    package let name: String
    package let shape: [Int]
    package let filling: Filling?
  }

  package private(set) var tensors: [Tensor] = []

  package init(_ card: ModelCard) {
    switch card.family {
    case .vit, .deit, .dino, .dinov2, .dinov3, .mae: addPlain(card)
    case .hiera: addHiera(card)
    case .sam: addSAM(card)
    }
    if let head = card.head, card.family != .hiera {
      addLinear("head", card.headInputs, head.classes)
      if head.input == .bothTokens { addLinear("head_dist", card.dim, head.classes) }
    }
    if let upsampler = card.upsampler { addUpsampler(upsampler, card.dim) }
  }

  /// Elements of all tensors.
  package var parameters: Int { tensors.reduce(0) { $0 + $1.shape.reduce(1, *) } }
}

extension ExpectedTensors {
  private mutating func add(_ name: String, _ shape: Int..., filling: Filling? = nil) {
    tensors.append(Tensor(name: name, shape: shape, filling: filling))
  }

  private mutating func addNorm(_ name: String, _ dim: Int) {
    add("\(name).weight", dim)
    add("\(name).bias", dim)
  }

  private mutating func addLinear(
    _ name: String, _ inputs: Int, _ outputs: Int, biasFilling: Filling? = nil
  ) {
    add("\(name).weight", outputs, inputs)
    add("\(name).bias", outputs, filling: biasFilling)
  }

  private mutating func addPlain(_ card: ModelCard) {
    let dim = card.dim
    if card.classTokens > 0 { add("cls_token", 1, 1, dim) }
    if card.classTokens > 1 { add("dist_token", 1, 1, dim) }
    if card.registers > 0 {
      add(
        card.family == .dinov3 ? "storage_tokens" : "register_tokens", 1, card.registers, dim)
    }
    if card.positionGrid > 0 {
      add("pos_embed", 1, card.classTokens + card.positionGrid * card.positionGrid, dim)
    }
    addPatchEmbedding(card, side: card.patch)
    if card.positions == .rotary {
      add("rope_embed.periods", dim / card.heads / 4, filling: .periods)
    }
    for index in 0..<card.depth { addBlock("blocks.\(index)", card) }
    addNorm(card.pooling == .averageThenNorm ? "fc_norm" : "norm", dim)
    if let decoder = card.decoder {
      add("mask_token", 1, 1, decoder.dim)
      add(
        "decoder_pos_embed", 1, card.classTokens + card.positionGrid * card.positionGrid,
        decoder.dim)
      addDecoder(decoder, inputs: dim, pixels: 3 * card.patch * card.patch)
    }
  }

  private mutating func addPatchEmbedding(_ card: ModelCard, side: Int) {
    add("patch_embed.proj.weight", card.dim, 3, side, side)
    add("patch_embed.proj.bias", card.dim)
  }

  private mutating func addBlock(_ name: String, _ card: ModelCard) {
    let (dim, hidden) = (card.dim, card.hidden)
    addNorm("\(name).norm1", dim)
    addLinear(
      "\(name).attn.qkv", dim, 3 * dim, biasFilling: card.positions == .rotary ? .zeros : nil)
    addLinear("\(name).attn.proj", dim, dim)
    if card.layerScale { add("\(name).ls1.gamma", dim) }
    addNorm("\(name).norm2", dim)
    switch card.feedForward {
    case .mlp:
      addLinear("\(name).mlp.fc1", dim, hidden)
      addLinear("\(name).mlp.fc2", hidden, dim)
    case .swiglu:
      addLinear("\(name).mlp.w12", dim, 2 * hidden)
      addLinear("\(name).mlp.w3", hidden, dim)
    case .swigluSplit:
      addLinear("\(name).mlp.w1", dim, hidden)
      addLinear("\(name).mlp.w2", dim, hidden)
      addLinear("\(name).mlp.w3", hidden, dim)
    }
    if card.layerScale { add("\(name).ls2.gamma", dim) }
  }

  private mutating func addDecoder(_ decoder: ModelCard.Decoder, inputs: Int, pixels: Int) {
    addLinear("decoder_embed", inputs, decoder.dim)
    for index in 0..<decoder.depth {
      addBlock(
        "decoder_blocks.\(index)", inputs: decoder.dim, outputs: decoder.dim,
        hidden: decoder.hidden, mlp: ("fc1", "fc2"))
    }
    addNorm("decoder_norm", decoder.dim)
    addLinear("decoder_pred", decoder.dim, pixels)
  }

  /// A block without layer scale, which may change the number of channels.
  private mutating func addBlock(
    _ name: String, inputs: Int, outputs: Int, hidden: Int, mlp: (String, String)
  ) {
    addNorm("\(name).norm1", inputs)
    addLinear("\(name).attn.qkv", inputs, 3 * outputs)
    addLinear("\(name).attn.proj", outputs, outputs)
    addNorm("\(name).norm2", outputs)
    addLinear("\(name).mlp.\(mlp.0)", outputs, hidden)
    addLinear("\(name).mlp.\(mlp.1)", hidden, outputs)
    if inputs != outputs { addLinear("\(name).proj", inputs, outputs) }
  }
}

extension ExpectedTensors {
  /// Values by which an upsampler compares cells.
  ///
  /// Source: FeatUp's `JBULearnedRange`.
  private static let keys = 32

  private mutating func addUpsampler(_ upsampler: ModelCard.Upsampler, _ dim: Int) {
    let taps = GuidedUpsampling.taps
    if upsampler.hasNorm { addNorm("upsampler.norm", dim) }
    for index in 1...upsampler.doublings {
      let name = "upsampler.up\(index)"
      add("\(name).range_temp")
      add("\(name).sigma_spatial")
      addPointwise("\(name).range_proj.0", 3, ExpectedTensors.keys)
      addPointwise("\(name).range_proj.3", ExpectedTensors.keys, ExpectedTensors.keys)
      addPointwise("\(name).fixup_proj.0", taps + 3, taps)
      addPointwise("\(name).fixup_proj.3", taps, taps)
    }
    addPointwise("upsampler.fixup_proj.1", dim, dim)
  }

  private mutating func addPointwise(_ name: String, _ inputs: Int, _ outputs: Int) {
    add("\(name).weight", outputs, inputs, 1, 1)
    add("\(name).bias", outputs)
  }

  private mutating func addHiera(_ card: ModelCard) {
    guard let hierarchy = card.hierarchy else { return }
    add("pos_embed", 1, card.positionGrid * card.positionGrid, card.dim)
    // The kernel reaches three pixels beyond the stride of four.
    addPatchEmbedding(card, side: card.patch + 3)
    var (index, inputs) = (0, card.dim)
    for (stage, blocks) in hierarchy.stages.enumerated() {
      let dim = card.dim << stage
      for _ in 0..<blocks {
        addBlock(
          "blocks.\(index)", inputs: inputs, outputs: dim, hidden: card.hidden << stage,
          mlp: ("fc1", "fc2"))
        (index, inputs) = (index + 1, dim)
      }
    }
    guard let decoder = card.decoder else {
      addNorm("norm", inputs)
      if let head = card.head { addLinear("head.projection", inputs, head.classes) }
      return
    }
    addNorm("encoder_norm", inputs)
    // Each stage whose map is finer than the last one's is brought to its grid by a convolution.
    for stage in 0..<hierarchy.pools {
      let side = 1 << (hierarchy.pools - stage)
      add("multi_scale_fusion_heads.\(stage).weight", inputs, card.dim << stage, side, side)
      add("multi_scale_fusion_heads.\(stage).bias", inputs)
    }
    add("mask_token", 1, 1, decoder.dim)
    let side = card.positionGrid >> hierarchy.pools
    add("decoder_pos_embed", 1, side * side, decoder.dim)
    let pixels = card.patch << hierarchy.pools
    addDecoder(decoder, inputs: inputs, pixels: 3 * pixels * pixels)
  }

  private mutating func addSAM(_ card: ModelCard) {
    guard let windows = card.windows else { return }
    let (dim, grid) = (card.dim, card.positionGrid)
    add("pos_embed", 1, grid, grid, dim)
    addPatchEmbedding(card, side: card.patch)
    for index in 0..<card.depth {
      let name = "blocks.\(index)"
      addBlock(name, inputs: dim, outputs: dim, hidden: card.hidden, mlp: ("lin1", "lin2"))
      let side = windows.global.contains(index) ? grid : windows.side
      add("\(name).attn.rel_pos_h", 2 * side - 1, dim / card.heads)
      add("\(name).attn.rel_pos_w", 2 * side - 1, dim / card.heads)
    }
    add("neck.0.weight", windows.neck, dim, 1, 1)
    addNorm("neck.1", windows.neck)
    add("neck.2.weight", windows.neck, windows.neck, 3, 3)
    addNorm("neck.3", windows.neck)
  }
}

extension ModelCard {
  /// Channels that the head multiplies.
  fileprivate var headInputs: Int {
    switch head?.input {
    case .pooled, .bothTokens, nil: dim
    case .classAndMean, .classAndMeanInterleaved: 2 * dim
    case .lastFour: 4 * dim
    case .lastFourAndMean: 5 * dim
    }
  }
}
