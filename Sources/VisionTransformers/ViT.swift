package import Checkpoints
package import Encoders
package import Imaging
package import LinearAlgebra

/// A vision transformer: ViT, DeiT, DINO, DINOv2 and DINOv3, which differ by their cards.
///
/// Members are in the checkpoint's order under Meta's names. Source: Dosovitskiy et al. 2021, fig.
/// 1; distillation token, Touvron et al. 2021; registers, Darcet et al. 2024;
/// facebookresearch/dinov2 and dinov3.
package struct ViT: CPUModel {
  package let card: ModelCard
  /// The prefix tokens with their positions: class, distillation, registers, `[prefix, dim]`.
  let prefix: Matrix
  let positions: Positions
  let patchEmbedding: PatchEmbedding
  let transformer: Transformer
  let head: ClassHead?
  private let workspace = Workspace()

  package init(_ weights: Weights, card: ModelCard) throws(CheckpointError) {
    self.card = card
    let configuration = BlockConfiguration(card)
    let tokens = try weights.prefix(card)
    let table = try weights.positions(card)
    prefix = tokens.placed(by: table, card).matrix()
    patchEmbedding = try PatchEmbedding(weights["patch_embed"], dim: card.dim, patch: card.patch)
    positions = try Positions(table, weights, card)
    transformer = try Transformer(
      weights, count: card.depth, norm: card.pooling.norm, configuration)
    head = try ClassHead(weights, card)
  }

  package func encode(
    _ image: InputPlanes, views: [View], _ options: EncodeOptions, on workers: ThreadPool,
    progress: WorkProgress
  ) throws -> [Encoding] {
    precondition(
      image.size.width == image.size.height || !views.contains(where: \.isTransposed),
      "a transposition of \(image.size)")
    precondition(
      options.blocks.allSatisfy(transformer.blocks.indices.contains),
      "blocks \(options.blocks) of \(card.depth)")
    // A block's queries, keys and values are overwritten by the next one's.
    precondition(options.blocks.count == 1 || options.facet == .token, "\(options)")
    progress.expect(views.count * (options.block + 1))
    defer { workspace.trim() }
    return try workspace.scratch(for: workers.count, options.precision) {
      EncoderWorkers.Scratch(
        transformer.configuration, pixels: patchEmbedding.proj.inputs, options.precision)
    } _: { scratch in
      let team = EncoderWorkers(
        precision: options.precision, workers: workers, progress: progress, scratch: scratch)
      let context = EncodeContext(image, options, model: self, team)
      let encodings = Results<Encoding>(count: views.count)
      workers.forEach(views.count) { index, _ in
        encodings[index] = encode(views[index], of: context)
      }
      return try encodings.all()
    }
  }

  /// Encodes one view; `nil` when work was cancelled.
  private func encode(_ view: View, of context: EncodeContext) -> Encoding? {
    let (team, last) = (context.team, context.options.block)
    guard !team.progress.isCancelled else { return nil }
    let reader = patchEmbedding.reader(of: view, in: context.size, stride: context.options.stride)
    let tokens = prefix.rows + context.grid.count
    return workspace.activations(tokens: tokens, team.precision) {
      Activations(tokens: tokens, transformer.configuration, team.precision)
    } _: { state in
      let (patches, before) = context.results(prefix: prefix.rows, dim: card.dim)
      let classTokens = MutableMatrix(rows: last + 1, columns: card.dim)
      let isDone = transformer(
        state, through: last, turnedBy: context.rotation, by: team
      ) { block in
        classTokens[rows: block..<block + 1].copy(state.x.view[rows: 0..<1])
        guard let place = context.options.blocks.firstIndex(of: block) else { return }
        let columns = place * card.dim..<(place + 1) * card.dim
        read(
          context, state, patches: patches[rows: 0..<patches.rows, columns: columns],
          before: before[rows: 0..<before.rows, columns: columns])
      } embed: { rows, scratch in
        embed(rows, from: reader, of: context, into: state.x, scratch)
      }
      return isDone
        ? encoding(context, state, patches.frozen(), before.frozen(), classTokens.frozen()) : nil
    }
  }

  /// Writes rows of [class token, registers, patches + their positions], `[tokens, dim]`.
  private func embed(
    _ rows: Range<Int>, from reader: PatchReader, of context: EncodeContext, into x: MutableMatrix,
    _ scratch: EncoderWorkers.Scratch
  ) {
    let before = rows.clamped(to: 0..<prefix.rows)
    x[rows: before].copy(prefix[rows: before])
    let tokens = rows.clamped(to: prefix.rows..<x.rows)
    guard !tokens.isEmpty else { return }
    let patches = tokens.lowerBound - prefix.rows..<tokens.upperBound - prefix.rows
    x[rows: tokens].copy(context.places[rows: patches])
    patchEmbedding(
      patches, from: reader, of: context.planes, into: x[rows: tokens], context.team.precision,
      scratch)
  }

  /// The requested vectors of one block, from the activations after it: `[grid, dim]` and `[prefix,
  /// dim]`.
  private func read(
    _ context: EncodeContext, _ state: Activations, patches: MutableMatrixView,
    before: MutableMatrixView
  ) {
    let options = context.options
    context.team.forEachBlock(of: context.grid.count) { rows, _ in
      read(options, of: state, prefix.rows + rows.lowerBound, into: patches[rows: rows])
    }
    read(options, of: state, 0, into: before)
    if options.facet == .token { pool(state, into: before) }
  }

  /// The encoding, from what was read and the activations after the last block of a pass.
  private func encoding(
    _ context: EncodeContext, _ state: Activations, _ vectors: Matrix, _ first: Matrix,
    _ history: Matrix
  ) -> Encoding? {
    let (options, team) = (context.options, context.team)
    let attention = MutableMatrix(rows: context.grid.count, columns: 5 * card.heads)
    team.forEachHead(card.heads, queries: 1) { head, _, _ in
      transformer.blocks[options.block].attn.ofClassToken(
        state, prefix: prefix.rows, head: head, into: attention)
    }
    guard !team.progress.isCancelled else { return nil }
    return Encoding(
      patches: FeatureMap(grid: context.grid, vectors: vectors), classToken: first.row(0),
      classAttention: ClassAttention(grid: context.grid, values: attention.frozen()),
      logits: logits(options, first, vectors, history))
  }

  /// The requested vectors of the tokens from `first` on, `[rows, dim]`.
  private func read(
    _ options: EncodeOptions, of state: Activations, _ first: Int, into result: MutableMatrixView
  ) {
    let (rows, dim) = (first..<first + result.rows, card.dim)
    switch options.facet {
    case .token: transformer.norm(state.x.view[rows: rows], into: result)
    case .query: result.copy(state.qkv.view[rows: rows, columns: 0..<dim])
    case .key: result.copy(state.qkv.view[rows: rows, columns: dim..<2 * dim])
    case .value: result.copy(state.qkv.view[rows: rows, columns: 2 * dim..<3 * dim])
    }
  }

  /// The logits, where the model has a head and all of it was computed, from vectors of all blocks
  /// that were read.
  private func logits(
    _ options: EncodeOptions, _ before: Matrix, _ patches: Matrix, _ history: Matrix
  ) -> [Float]? {
    guard let head, options.block == card.depth - 1, options.facet == .token else { return nil }
    let place = options.blocks.firstIndex(of: options.block) ?? 0
    let columns = place * card.dim..<(place + 1) * card.dim
    return head(
      ClassHead.Tokens(
        before: before.part(columns), patches: patches.part(columns), classTokens: history,
        norm: transformer.norm))
  }

  /// Puts the vector that represents the image first, where it is not the class token.
  private func pool(_ state: Activations, into before: MutableMatrixView) {
    guard card.pooling != .classToken else { return }
    let patches = MutableMatrix(rows: state.x.rows - prefix.rows, columns: card.dim)
    patches.all.copy(state.x.view[rows: prefix.rows..<state.x.rows])
    transformer.norm(
      Matrix(rows: 1, columns: card.dim, mean(of: patches.view)).all, into: before[rows: 0..<1])
  }
}

extension ViT {
  /// The state shared by the views of one image.
  fileprivate struct EncodeContext: Sendable {
    /// The image's planes, `[3, height · width]`.
    let planes: Matrix
    let size: Size
    let options: EncodeOptions
    let grid: Grid
    /// The positions of the patches, `[grid, dim]`.
    let places: Matrix
    let rotation: Rotation?
    let team: EncoderWorkers

    init(_ image: InputPlanes, _ options: EncodeOptions, model: ViT, _ team: EncoderWorkers) {
      let card = model.card
      size = image.size
      self.options = options
      planes = image.planes
      grid = Grid(of: size, patch: card.patch, stride: options.stride)
      places = model.positions.added(to: grid, of: size, dim: card.dim).frozen()
      rotation = model.positions.rotation(of: grid, prefix: model.prefix.rows)
      self.team = team
    }

    /// Memory for what is read of the patches and of the tokens before them, of all blocks side by
    /// side.
    func results(prefix: Int, dim: Int) -> (patches: MutableMatrix, before: MutableMatrix) {
      let columns = options.blocks.count * dim
      return (
        MutableMatrix(rows: grid.count, columns: columns),
        MutableMatrix(rows: prefix, columns: columns)
      )
    }
  }
}

extension Matrix {
  /// Some columns; all of them without a copy.
  fileprivate func part(_ range: Range<Int>) -> Matrix {
    guard range != 0..<columns else { return self }
    let part = MutableMatrix(rows: rows, columns: range.count)
    part.all.copy(self[rows: 0..<rows, columns: range])
    return part.frozen()
  }
}

extension Weights {
  /// The prefix tokens: class, distillation, registers, `[prefix, dim]`.
  func prefix(_ card: ModelCard) throws(CheckpointError) -> Tensor {
    var tokens: [Tensor] = []
    for name in ["cls_token", "dist_token"].prefix(card.classTokens) {
      tokens.append(try tensor(name, [1, 1, card.dim]))
    }
    if card.registers > 0 {
      tokens.append(try tensor(card.family.registers, [1, card.registers, card.dim]))
    }
    return Tensor([card.classTokens + card.registers, card.dim], of: tokens) { $0.flatMap { $0 } }
  }

  /// The position table, class tokens first, `[places, dim]`; `nil` without one.
  func positions(_ card: ModelCard) throws(CheckpointError) -> Tensor? {
    guard card.positions != .rotary else { return nil }
    let places = card.classTokens + card.positionGrid * card.positionGrid
    return try tensor("pos_embed", [1, places, card.dim])
  }
}

extension Tensor {
  /// The prefix tokens, with positions for class and distillation tokens.
  func placed(by table: Tensor?, _ card: ModelCard) -> Tensor {
    guard let table else { return self }
    return Tensor(shape, of: [self, table]) { parts in
      let placed = zip(parts[0], parts[1]).prefix(card.classTokens * card.dim).map { $0 + $1 }
      return placed + parts[0].dropFirst(placed.count)
    }
  }
}

extension BlockConfiguration {
  /// The configuration of the blocks between embedding and final norm.
  init(_ card: ModelCard) {
    self.init(
      dim: card.dim, heads: card.heads, hidden: card.hidden, feedForward: card.feedForward,
      gelu: card.gelu, epsilon: card.epsilon, hasLayerScale: card.layerScale,
      turnsPositions: card.positions == .rotary)
  }
}

extension ModelCard.Family {
  /// The registers' name in the file.
  fileprivate var registers: String { self == .dinov3 ? "storage_tokens" : "register_tokens" }
}

extension ModelCard.Pooling {
  /// The last norm's name in the file.
  var norm: String { self == .averageThenNorm ? "fc_norm" : "norm" }
}
