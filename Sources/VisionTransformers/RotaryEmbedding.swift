import Checkpoints
import Foundation
import Imaging
import LinearAlgebra

/// Rotary positions: angles by which queries and keys are rotated, along two axes.
///
/// Source: Su et al. 2021, §3.2; Siméoni et al. 2025 (DINOv3), §3.2, `rope_position_encoding.py`.
struct RotaryEmbedding: Sendable {
  /// Periods of the angles along an axis from −1 to 1, `[head dim / 4]`.
  let periods: [Float]

  /// Reads the periods from the file, else those of base 100.
  init(_ weights: Weights, headDim: Int) throws(CheckpointError) {
    let count = headDim / 4
    let usual = (0..<count).map { powf(100, Float($0) / Float(count)) }
    periods = try weights.tensor("periods", [count], orElse: .values(usual)).values ?? usual
  }

  /// The rotations of a grid's tokens after `prefix` ones, which are not rotated.
  ///
  /// Each axis has the positions of its cells' centres; rows come first. In float32, as published.
  func rotation(_ grid: Grid, prefix: Int) -> Rotation {
    let pairs = 2 * periods.count
    let cosines = MutableMatrix(rows: prefix + grid.count, columns: pairs)
    let sines = MutableMatrix(rows: prefix + grid.count, columns: pairs)
    for token in 0..<prefix { cosines[rows: token..<token + 1].fill(1) }
    let (rows, columns) = (angles(grid.rows), angles(grid.columns))
    for cell in 0..<grid.count {
      let both = rows[cell / grid.columns] + columns[cell % grid.columns]
      for (pair, angle) in both.enumerated() {
        cosines[prefix + cell, pair] = cos(angle)
        sines[prefix + cell, pair] = sin(angle)
      }
    }
    return Rotation(cosines: cosines.frozen(), sines: sines.frozen())
  }

  /// The angles of each cell along an axis, `[length][periods]`.
  private func angles(_ length: Int) -> [[Float]] {
    (0..<length).map { index in
      let place = 2 * ((Float(index) + 0.5) / Float(length)) - 1
      return periods.map { 2 * Float.pi * place / $0 }
    }
  }
}
