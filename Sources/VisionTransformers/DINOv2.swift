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
  private let workspace = Workspace()

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
    progress.expect(views.count * (pass.block + 1))
    defer { workspace.trim() }
    return try workspace.scratch(for: workers.count, pass.precision) {
      Team.Scratch(
        dim: card.dim, inner: max(card.hidden, patchEmbedding.proj.inputs), heads: card.heads,
        pass.precision)
    } _: { scratch in
      let team = Team(
        precision: pass.precision, workers: workers, progress: progress, scratch: scratch)
      let scene = Scene(image, pass, model: self, team)
      let encodings = Results<Encoding>(count: views.count)
      workers.forEach(views.count) { index, _ in
        encodings[index] = encode(views[index], of: scene)
      }
      return try encodings.all()
    }
  }

  /// One view through the network; `nil` when nobody waits for it any more.
  private func encode(_ view: View, of scene: Scene) -> Encoding? {
    guard !scene.team.progress.isCancelled else { return nil }
    let (tokens, precision) = (prefix + scene.grid.count, scene.pass.precision)
    return workspace.activations(tokens: tokens, precision) {
      Activations(tokens: tokens, dim: card.dim, heads: card.heads, precision)
    } _: { state in
      computeBlocks(of: view, of: scene, in: state) ? read(scene, state) : nil
    }
  }

  /// Fills the activations up to the block that is read; `false` when work was cancelled.
  ///
  /// What a block does row by row, the next block's beginning included, is one loop: the rows of a
  /// task stay in the cache of the one worker that has them.
  private func computeBlocks(of view: View, of scene: Scene, in state: Activations) -> Bool {
    let (team, last) = (scene.team, scene.pass.block)
    let reader = patchEmbedding.reader(of: view, in: scene.size, stride: scene.pass.stride)
    team.forEachBlock(of: state.x.rows) { rows, scratch in
      embed(rows, from: reader, of: scene, into: state.x, scratch)
      blocks[0].begin(rows, state, team.precision, scratch)
    }
    for index in 0...last {
      team.forEachHead(card.heads, queries: state.x.rows) { head, queries, scratch in
        blocks[index].attn.attend(
          queries, head: head, qkv: state.qkv, state.keysAndValues, into: state.attended,
          with: scratch.attention)
      }
      team.forEachBlock(of: state.x.rows) { rows, scratch in
        blocks[index].end(rows, state, team.precision, scratch)
        if index < last { blocks[index + 1].begin(rows, state, team.precision, scratch) }
      }
      guard !scene.team.progress.isCancelled else { return false }
      scene.team.progress.advance()
    }
    return true
  }

  private func read(_ scene: Scene, _ state: Activations) -> Encoding? {
    let patches = Matrix(rows: scene.grid.count, columns: card.dim)
    let classToken = Matrix(rows: 1, columns: card.dim)
    let attention = Matrix(rows: scene.grid.count, columns: 5 * card.heads)
    scene.team.forEachBlock(of: scene.grid.count) { rows, _ in
      read(scene.pass, of: state, prefix + rows.lowerBound, into: patches[rows: rows])
    }
    read(scene.pass, of: state, 0, into: classToken.all)
    scene.team.forEachHead(card.heads, queries: 1) { head, _, _ in
      blocks[scene.pass.block].attn.ofClassToken(
        state.qkv, found: state.attended, prefix: prefix, head: head, into: attention)
    }
    guard !scene.team.progress.isCancelled else { return nil }
    return Encoding(
      patches: FeatureMap(grid: scene.grid, vectors: patches), classToken: classToken.values,
      classAttention: ClassAttention(grid: scene.grid, values: attention))
  }

  /// What a pass asks of the tokens from `first` on after its last block, `[rows, dim]`.
  private func read(
    _ pass: Pass, of state: Activations, _ first: Int, into result: MatrixView
  ) {
    let (rows, dim) = (first..<first + result.rows, card.dim)
    switch pass.facet {
    case .token: norm(state.x[rows: rows], into: result)
    case .query: result.copy(state.qkv[rows: rows, columns: 0..<dim])
    case .key: result.copy(state.qkv[rows: rows, columns: dim..<2 * dim])
    case .value: result.copy(state.qkv[rows: rows, columns: 2 * dim..<3 * dim])
    }
  }

  /// Rows of [class token + its position, registers, patches + their positions], `[tokens, dim]`.
  private func embed(
    _ rows: Range<Int>, from reader: PatchReader, of scene: Scene, into x: Matrix,
    _ scratch: Team.Scratch
  ) {
    let before = rows.clamped(to: 0..<prefix)
    x[rows: before].copy(scene.prefix[rows: before])
    let tokens = rows.clamped(to: prefix..<x.rows)
    guard !tokens.isEmpty else { return }
    let patches = tokens.lowerBound - prefix..<tokens.upperBound - prefix
    let layer = patchEmbedding.proj
    let pixels = scratch.inner[rows: 0..<patches.count, columns: 0..<layer.inputs]
    reader.read(patches, of: scene.planes, into: pixels)
    x[rows: tokens].copy(scene.places[rows: patches])
    layer(pixels, into: x[rows: tokens], scene.pass.precision, scratch: scratch.product)
  }

  /// The class token with its position, then the registers, `[prefix, dim]`.
  fileprivate var prefixTokens: Matrix {
    let tokens = Matrix(rows: prefix, columns: card.dim)
    tokens[rows: 0..<1].copy(classToken.all)
    EncoderKernels.current.add(positions.ofClassToken, to: tokens[rows: 0..<1])
    tokens[rows: 1..<prefix].copy(registerTokens.all)
    return tokens
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
    /// The tokens before the patches, `[prefix, dim]`.
    let prefix: Matrix
    /// The positions of the patches, `[grid, dim]`.
    let places: Matrix
    let team: Team

    init(_ image: InputPlanes, _ pass: Pass, model: DINOv2, _ team: Team) {
      size = image.size
      self.pass = pass
      planes = Matrix(rows: 3, columns: size.width * size.height, image.values)
      grid = Grid(of: size, patch: model.card.patch, stride: pass.stride)
      prefix = model.prefixTokens
      places = model.positions.patches(grid, of: size)
      self.team = team
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
    let norm2: Norm
    let mlp: FeedForward

    init(_ weights: Weights, _ card: ModelCard) throws(CheckpointError) {
      norm1 = try Norm(weights["norm1"], dim: card.dim, epsilon: card.epsilon)
      attn = try Attention(
        weights["attn"], dim: card.dim, heads: card.heads,
        scale: try weights["ls1"].vector("gamma", card.dim))
      norm2 = try Norm(weights["norm2"], dim: card.dim, epsilon: card.epsilon)
      mlp = try FeedForward(
        weights["mlp"], card, scale: try weights["ls2"].vector("gamma", card.dim))
    }

    /// LN₁ x of some rows as queries, keys and values.
    func begin(
      _ rows: Range<Int>, _ state: Activations, _ precision: Precision, _ scratch: Team.Scratch
    ) {
      let normed = scratch.normed[rows: 0..<rows.count]
      norm1(state.x[rows: rows], into: normed)
      attn.qkv(normed, into: state.qkv[rows: rows], precision, scratch: scratch.product)
      attn.remember(rows, of: state.qkv, in: state.keysAndValues)
    }

    /// x ← x + γ₁ ⊙ Attn(LN₁ x), then x ← x + γ₂ ⊙ MLP(LN₂ x), for rows that were attended to.
    func end(
      _ rows: Range<Int>, _ state: Activations, _ precision: Precision, _ scratch: Team.Scratch
    ) {
      let x = state.x[rows: rows]
      let normed = scratch.normed[rows: 0..<rows.count]
      let inner = scratch.inner[rows: 0..<rows.count, columns: 0..<mlp.last.inputs]
      attn.proj(state.attended[rows: rows], into: x, precision, scratch: scratch.product)
      norm2(x, into: normed)
      mlp.first(normed, into: inner, precision, scratch: scratch.product)
      mlp.last(inner, into: x, precision, scratch: scratch.product)
    }
  }
}
