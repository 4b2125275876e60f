import Checkpoints
import Encoders
import Imaging
import LinearAlgebra

/// Hiera's decoder: the stages are brought to the grid of the last, then a plain decoder follows.
///
/// Source: Ryali et al. 2023, §4.1; facebookresearch/hiera's `MaskedAutoencoderHiera`.
struct HieraDecoder: Sendable {
  /// Convolutions of the stages that are pooled later, with kernels of the size of the pooling.
  private let fusion: [PackedLayer]
  private let norm: Norm
  private let decoder: PixelDecoder
  private let halvings: Int

  /// Reads the weights; `nil` if the card has no decoder; `grid` is that of the encoder's position
  /// table.
  init?(
    _ weights: Weights, _ card: ModelCard, _ hierarchy: ModelCard.Hierarchy, grid: Grid
  ) throws(CheckpointError) {
    guard let decoder = card.decoder else { return nil }
    let (pools, stages) = (hierarchy.pools, hierarchy.stages.count)
    let width = card.dim << (stages - 1)
    halvings = stages - 1 - pools
    norm = try Norm(weights["encoder_norm"], dim: width, epsilon: card.epsilon)
    var fusion: [PackedLayer] = []
    for stage in 0..<pools {
      let weights = weights["multi_scale_fusion_heads"][stage]
      fusion.append(
        PackedLayer(
          try weights.kernels(from: card.dim << stage, to: width, side: 1 << (pools - stage)),
          bias: try weights.tensor("bias", [width]), end: .residual(scale: .ones(width))))
    }
    self.fusion = fusion
    self.decoder = try PixelDecoder(
      weights, decoder, from: width, side: card.patch << pools, prefix: 0,
      grid: Grid(rows: grid.rows >> pools, columns: grid.columns >> pools),
      rule: card.positions, epsilon: card.epsilon)
  }

  /// The number of transformer blocks.
  var depth: Int { decoder.depth }

  /// Reconstructs the hidden cells; `nil` when work was cancelled.
  func callAsFunction(
    _ stages: [MutableMatrix], _ order: UnitOrder, of image: InputPlanes, on workers: ThreadPool,
    _ progress: WorkProgress
  ) -> Reconstruction? {
    guard let last = stages.last else { return nil }
    let fused = MutableMatrix(rows: last.rows, columns: last.columns)
    fused.all.copy(last.view)
    for (stage, layer) in fusion.enumerated() {
      let side = 1 << (fusion.count - stage)
      let windows = windows(of: stages[stage].view, side: side, order)
      let scratch = EncoderKernels.current.scratch(
        rows: windows.rows, inputs: windows.columns, .float32)
      layer(windows.all, into: fused.all, .float32, scratch: scratch)
    }
    norm(fused.view, into: fused.all)
    return decoder(
      fused.frozen(), shown: order.places(halvings: halvings), of: image, on: workers, progress)
  }

  /// The cells of a stage under each cell of the last, side by side, in row-major order.
  private func windows(of stage: MatrixView, side: Int, _ order: UnitOrder) -> Matrix {
    let width = stage.columns
    let count = 1 << (2 * halvings)
    let windows = MutableMatrix(rows: count * order.units.count, columns: side * side * width)
    let fineHalvings = halvings + side.trailingZeroBitCount
    for index in 0..<count {
      let (y, x) = UnitOrder.cell(index, halvings: halvings)
      for rank in order.units.indices {
        let row = index * order.units.count + rank
        for inner in 0..<side * side {
          let from = order.position(
            y * side + inner / side, x * side + inner % side, rank: rank, halvings: fineHalvings)
          windows[rows: row..<row + 1, columns: inner * width..<(inner + 1) * width].copy(
            stage[rows: from..<from + 1])
        }
      }
    }
    return windows.frozen()
  }
}
