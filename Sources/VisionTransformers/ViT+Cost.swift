package import Encoders
package import Imaging
import LinearAlgebra

extension ViT {
  /// Floating-point operations of one view: two per multiply-add of every product.
  package func operations(for grid: Grid, _ options: EncodeOptions) -> Double {
    let tokens = prefix.rows + grid.count
    let embedding = 2 * Double(grid.count) * Double(3 * card.patch * card.patch * card.dim)
    return Double(options.block + 1) * transformer.configuration.operations(tokens: tokens)
      + embedding
  }

  /// Bytes of the residual stream, queries, keys and values twice, and the attention's output, with
  /// rotated queries and keys where there are any.
  package func workingMemory(for grid: Grid, _ options: EncodeOptions) -> Double {
    let rows = card.positions == .rotary ? 9.0 : 7
    return Double(prefix.rows + grid.count) * Double(card.dim) * rows * 4
  }
}

extension BlockConfiguration {
  /// Floating-point operations of one block.
  func operations(tokens: Int) -> Double {
    let (n, d) = (Double(tokens), Double(dim))
    let inner = Double(hidden) * Double(feedForward.products)
    return 2 * n * d * (4 * d + inner) + 4 * n * n * d
  }
}
