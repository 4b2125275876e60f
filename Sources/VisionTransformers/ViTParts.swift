package import Checkpoints
package import Encoders
package import Imaging
package import LinearAlgebra

/// The tensors of a plain transformer as they are stored, for a backend that arranges them itself,
/// and what the CPU makes of them for it: positions of a grid, and logits.
package struct ViTParts: Sendable {
  /// `[out, in]` and `[1, out]`.
  package typealias Affine = (weight: Matrix, bias: Matrix)

  /// A block's layers; norms are `[1, dim]` twice, scales `[1, dim]`.
  package struct Block: Sendable {
    package let norm1: Affine
    package let qkv: Affine
    package let proj: Affine
    package let scale1: Matrix
    package let norm2: Affine
    /// `[hidden, dim]`, or `[2 · hidden, dim]`: the gate's rows, then its values'.
    package let first: Affine
    package let last: Affine
    package let scale2: Matrix
  }

  package let card: ModelCard
  /// The prefix tokens with their positions, `[prefix, dim]`.
  package let prefix: Matrix
  /// `[dim, 3 · P · P]`.
  package let patches: Affine
  package let blocks: [Block]
  package let norm: Affine
  private let lastNorm: Norm
  private let positions: Positions
  private let head: ClassHead?

  package init(_ weights: Weights, card: ModelCard) throws(CheckpointError) {
    self.card = card
    let configuration = BlockConfiguration(card)
    let tokens = try weights.prefix(card)
    let table = try weights.positions(card)
    prefix = tokens.placed(by: table, card).matrix()
    let (dim, patch) = (card.dim, card.patch)
    let kernel = try weights["patch_embed"]["proj"].tensor("weight", [dim, 3, patch, patch])
    patches = (
      kernel.matrix(), try weights["patch_embed"]["proj"].tensor("bias", [dim]).matrix(rows: 1)
    )
    positions = try Positions(table, weights, card)
    var blocks: [Block] = []
    for index in 0..<card.depth {
      blocks.append(try Block(weights["blocks"][index], configuration))
    }
    self.blocks = blocks
    lastNorm = try Norm(weights[card.pooling.norm], dim: dim, epsilon: card.epsilon)
    norm = (lastNorm.weight, lastNorm.bias)
    head = try ClassHead(weights, card)
  }

  /// The classes of the model's classifier; 0 without one.
  package var classes: Int { head == nil ? 0 : card.head?.classes ?? 0 }

  /// What is added to the vectors of a grid's patches, `[grid, dim]`.
  package func places(of grid: Grid, in size: Size) -> Matrix {
    positions.added(to: grid, of: size, dim: card.dim).frozen()
  }

  /// The angles by which queries and keys are turned, of all tokens; `nil` where none are.
  package func rotation(of grid: Grid) -> Rotation? {
    positions.rotation(of: grid, prefix: prefix.rows)
  }

  /// The logits of a view whose last block was read, from the tokens after the final norm, `[prefix,
  /// dim]` and `[grid, dim]`, and the class tokens after each block, `[depth, dim]`.
  package func logits(before: Matrix, patches: Matrix, classTokens: Matrix) -> [Float]? {
    head?(
      ClassHead.Tokens(before: before, patches: patches, classTokens: classTokens, norm: lastNorm))
  }

  /// Where in a plane each row of a view begins, and how far from there each of its columns lies.
  package static func offsets(of view: View, in size: Size) -> (rows: [Int], columns: [Int]) {
    let rows = view.sourceRows(size.height).map { $0 * size.width }
    let columns = view.sourceColumns(size.width)
    return view.isTransposed ? (columns, rows) : (rows, columns)
  }
}

extension ViTParts.Block {
  init(_ weights: Weights, _ configuration: BlockConfiguration) throws(CheckpointError) {
    let (dim, hidden) = (configuration.dim, configuration.hidden)
    let scales = configuration.hasLayerScale ? (weights["ls1"], weights["ls2"]) : nil
    let names = configuration.feedForward.layers
    let (attn, mlp) = (weights["attn"], weights["mlp"])
    norm1 = try weights["norm1"].affine(dim)
    qkv = (
      try attn["qkv"].matrix("weight", 3 * dim, dim),
      try attn["qkv"].attentionBias(configuration).matrix(rows: 1)
    )
    proj = matrices(of: try attn["proj"].layer(dim, dim))
    scale1 = try scales?.0.vector("gamma", dim) ?? .ones(dim)
    norm2 = try weights["norm2"].affine(dim)
    first = matrices(of: try mlp.firstLayer(configuration, names.first))
    last = matrices(of: try mlp[names.last].layer(dim, hidden))
    scale2 = try scales?.1.vector("gamma", dim) ?? .ones(dim)
  }
}

extension Weights {
  /// A norm's weight and bias, `[1, dim]` both.
  fileprivate func affine(_ dim: Int) throws(CheckpointError) -> ViTParts.Affine {
    (try vector("weight", dim), try vector("bias", dim))
  }
}

/// A layer's tensors as matrices.
private func matrices(of layer: (weight: Tensor, bias: Tensor)) -> ViTParts.Affine {
  (layer.weight.matrix(), layer.bias.matrix(rows: 1))
}
