package import Features
package import Imaging

extension DINOv2 {
  /// Floating-point operations of one view: two for each multiply-add of every product.
  package func operations(for grid: Grid, _ pass: Pass) -> Double {
    let (n, d) = (Double(prefixTokens + grid.count), Double(card.dim))
    let inner = Double(card.hidden) * (card.feedForward == .mlp ? 2 : 3)
    let block = 2 * n * d * (4 * d + inner) + 4 * n * n * d
    let embedding = 2 * Double(grid.count) * Double(3 * card.patch * card.patch) * d
    return Double(pass.block + 1) * block + embedding
  }

  /// The residual stream, queries, keys and values twice, and what the heads found, in bytes.
  package func workingMemory(for grid: Grid) -> Double {
    Double(prefixTokens + grid.count) * Double(card.dim) * 7 * 4
  }

  private var prefixTokens: Int { 1 + card.registers }
}
