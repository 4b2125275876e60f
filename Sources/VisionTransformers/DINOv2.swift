package import Checkpoints
package import Features
package import Imaging
package import LinearAlgebra

/// DINOv2: a vision transformer with layer scale and, in some variants, registers.
///
/// Fields in the checkpoint's order under Meta's names; what differs between variants is on the card.
/// Source: Oquab et al. 2023; registers, Darcet et al. 2024; facebookresearch/dinov2.
package struct DINOv2: Encoder {
  package let card: ModelCard
  /// `[1, dim]`.
  let classToken: Matrix
  let positions: PositionEmbedding
  /// `[registers, dim]`.
  let registerTokens: Matrix
  let patchEmbedding: PatchEmbedding
  let blocks: [Block]
  let norm: Norm

  package init(_ weights: Weights, card: ModelCard) throws(CheckpointError) {
    self.card = card
    let dim = card.dim
    classToken = try weights.matrix("cls_token", shape: [1, 1, dim], rows: 1)
    let places = 1 + card.positionGrid * card.positionGrid
    positions = PositionEmbedding(
      table: try weights.matrix("pos_embed", shape: [1, places, dim], rows: places),
      side: card.positionGrid, rule: card.positions)
    registerTokens =
      card.registers == 0
      ? Matrix(rows: 0, columns: dim)
      : try weights.matrix(
        "register_tokens", shape: [1, card.registers, dim], rows: card.registers)
    patchEmbedding = try PatchEmbedding(weights["patch_embed"], dim: dim, patch: card.patch)
    var blocks: [Block] = []
    for index in 0..<card.depth {
      blocks.append(try Block(weights["blocks"][index], card))
    }
    self.blocks = blocks
    norm = try Norm(weights["norm"], dim: dim, epsilon: card.epsilon)
  }

  /// Tokens before the patches: the class token, then the registers.
  private var prefix: Int { 1 + card.registers }

  package func encode(
    _ image: InputPlanes, views: [View], _ pass: Pass, on workers: Workers, progress: WorkProgress
  ) throws -> [Encoding] {
    precondition(
      image.size.width == image.size.height || !views.contains(where: \.isTransposed),
      "a transposition of \(image.size)")
    precondition(blocks.indices.contains(pass.block), "block \(pass.block) of \(blocks.count)")
    let scene = Scene(image, pass, model: self, workers, progress)
    progress.expect(views.count * (pass.block + 1))
    let encodings = Results<Encoding>(count: views.count)
    workers.forEach(views.count) { index, _ in
      encodings[index] = encode(views[index], of: scene)
    }
    return try encodings.all()
  }

  /// One view through the network; `nil` when nobody waits for it any more.
  private func encode(_ view: View, of scene: Scene) -> Encoding? {
    guard !scene.progress.isCancelled else { return nil }
    let state = Activations(tokens: prefix + scene.grid.count, dim: card.dim, heads: card.heads)
    embed(view, of: scene, into: state.x)
    for block in blocks[...scene.pass.block] {
      guard !scene.progress.isCancelled else { return nil }
      block(state, scene.team)
      scene.progress.advance()
    }
    let patches = Matrix(rows: scene.grid.count, columns: card.dim)
    let classToken = Matrix(rows: 1, columns: card.dim)
    read(scene.pass, of: state, prefix..<state.x.rows, into: patches)
    read(scene.pass, of: state, 0..<1, into: classToken)
    let attention = blocks[scene.pass.block].attn.ofClassToken(
      state.qkv, found: state.attended, prefix: prefix)
    return Encoding(
      patches: FeatureMap(grid: scene.grid, vectors: patches), classToken: classToken.values,
      classAttention: ClassAttention(grid: scene.grid, values: attention))
  }

  /// What a pass asks of some tokens after its last block, `[rows, dim]`.
  private func read(
    _ pass: Pass, of state: Activations, _ rows: Range<Int>, into result: Matrix
  ) {
    switch pass.facet {
    case .token: norm(state.x[rows: rows], into: result.all)
    case .query: result.all.copy(state.qkv[rows: rows, columns: 0..<card.dim])
    case .key: result.all.copy(state.qkv[rows: rows, columns: card.dim..<2 * card.dim])
    case .value: result.all.copy(state.qkv[rows: rows, columns: 2 * card.dim..<3 * card.dim])
    }
  }

  /// [class token + its position, registers, patches + their positions], `[tokens, dim]`.
  private func embed(_ view: View, of scene: Scene, into x: Matrix) {
    x[rows: 0..<1].copy(classToken.all)
    EncoderKernels.current.add(positions.ofClassToken, to: x[rows: 0..<1])
    x[rows: 1..<prefix].copy(registerTokens.all)
    let reader = patchEmbedding.reader(of: view, in: scene.size, stride: scene.pass.stride)
    let kernel = patchEmbedding.proj
    scene.team.forEachBlock(of: scene.grid.count) { rows, scratch in
      let pixels = scratch.inner[rows: 0..<rows.count, columns: 0..<kernel.weight.columns]
      let tokens = x[rows: prefix + rows.lowerBound..<prefix + rows.upperBound]
      reader.read(rows, of: scene.planes, into: pixels)
      tokens.copy(scene.places[rows: rows])
      multiply(pixels, transposed: kernel.weight.all, into: tokens, adding: true)
      EncoderKernels.current.add(kernel.bias, to: tokens)
    }
  }
}

extension DINOv2 {
  /// What the views of one image share.
  fileprivate struct Scene: Sendable {
    /// `[3, height · width]`.
    let planes: Matrix
    let size: Size
    let pass: Pass
    let grid: Grid
    /// The positions of the patches, `[grid, dim]`.
    let places: Matrix
    let team: Team
    let progress: WorkProgress

    init(
      _ image: InputPlanes, _ pass: Pass, model: DINOv2, _ workers: Workers,
      _ progress: WorkProgress
    ) {
      size = image.size
      self.pass = pass
      planes = Matrix(rows: 3, columns: size.width * size.height, image.values)
      grid = Grid(of: size, patch: model.card.patch, stride: pass.stride)
      places = model.positions.patches(grid, of: size)
      team = Team(workers, for: model)
      self.progress = progress
    }
  }
}

extension DINOv2 {
  /// One pre-norm transformer block, `[tokens, dim] → [tokens, dim]`.
  ///
  /// Source: Dosovitskiy et al. 2021, fig. 1 and eq. 2–3; layer scale, Touvron et al. 2021.
  struct Block: Sendable {
    let norm1: Norm
    let attn: Attention
    /// γ₁, `[1, dim]`.
    let ls1: Matrix
    let norm2: Norm
    let mlp: FeedForward
    /// γ₂, `[1, dim]`.
    let ls2: Matrix

    init(_ weights: Weights, _ card: ModelCard) throws(CheckpointError) {
      norm1 = try Norm(weights["norm1"], dim: card.dim, epsilon: card.epsilon)
      attn = try Attention(weights["attn"], dim: card.dim, heads: card.heads)
      ls1 = try weights["ls1"].vector("gamma", card.dim)
      norm2 = try Norm(weights["norm2"], dim: card.dim, epsilon: card.epsilon)
      mlp = try FeedForward(weights["mlp"], card)
      ls2 = try weights["ls2"].vector("gamma", card.dim)
    }

    /// x ← x + γ₁ ⊙ Attn(LN₁ x), then x ← x + γ₂ ⊙ MLP(LN₂ x).
    func callAsFunction(_ state: Activations, _ team: Team) {
      let x = state.x
      team.forEachBlock(of: x.rows) { rows, scratch in
        let normed = scratch.normed[rows: 0..<rows.count]
        norm1(x[rows: rows], into: normed)
        attn.project(normed, rows, into: state.qkv, state.keysAndValues)
      }
      team.forEachHead(attn.heads, tokens: x.rows) { head, queries, scratch in
        attn.attend(
          queries, head: head, qkv: state.qkv, state.keysAndValues, into: state.attended,
          with: scratch.attention)
      }
      team.forEachBlock(of: x.rows) { rows, scratch in
        let x = x[rows: rows]
        let normed = scratch.normed[rows: 0..<rows.count]
        let branch = scratch.branch[rows: 0..<rows.count]
        attn.proj(state.attended[rows: rows], into: branch)
        EncoderKernels.current.addResidual(branch, bias: attn.proj.bias, scaledBy: ls1, to: x)
        norm2(x, into: normed)
        mlp(normed, into: branch, inner: scratch.inner, gated: scratch.gated)
        EncoderKernels.current.addResidual(branch, bias: mlp.lastBias, scaledBy: ls2, to: x)
      }
    }
  }

  /// What flows between blocks for one view under way.
  struct Activations: Sendable {
    /// The residual stream, `[tokens, dim]`.
    let x: Matrix
    /// `[tokens, 3 · dim]`.
    let qkv: Matrix
    /// The same keys and values again, in the attention's own order.
    let keysAndValues: KeysAndValues
    /// What all heads found, side by side, `[tokens, dim]`.
    let attended: Matrix

    init(tokens: Int, dim: Int, heads: Int) {
      x = Matrix(rows: tokens, columns: dim)
      qkv = Matrix(rows: tokens, columns: 3 * dim)
      keysAndValues = KeysAndValues(tokens: tokens, heads: heads, headDim: dim / heads)
      attended = Matrix(rows: tokens, columns: dim)
    }
  }
}
