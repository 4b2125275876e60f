import Checkpoints
import Imaging
import LinearAlgebra

/// A convolution of patch-sized kernels, one vector for each patch of a view.
///
/// Source: Dosovitskiy et al. 2021, eq. 1; a stride below the patch size as in Amir et al. 2021.
struct PatchEmbedding: Sendable {
  /// Adds to the positions that are there already.
  let proj: PackedLayer
  let patch: Int

  init(_ weights: Weights, dim: Int, patch: Int) throws(CheckpointError) {
    self.patch = patch
    let weights = weights["proj"]
    let ones = Matrix(rows: 1, columns: dim, [Float](repeating: 1, count: dim))
    // The kernel is stored as [dim, 3, P, P]: a row of the product's matrix already.
    proj = PackedLayer(
      try weights.matrix("weight", shape: [dim, 3, patch, patch], rows: dim),
      bias: try weights.vector("bias", dim), end: .residual(scale: ones))
  }

  /// Reads patches of a view where they lie in the image.
  func reader(of view: View, in size: Size, stride: Int) -> PatchReader {
    let rows = view.sourceRows(size.height).map { $0 * size.width }
    let columns = view.sourceColumns(size.width)
    return PatchReader(
      rowOffsets: view.isTransposed ? columns : rows,
      columnOffsets: view.isTransposed ? rows : columns,
      patch: patch, stride: stride,
      gridColumns: Grid(of: view.size(of: size), patch: patch, stride: stride).columns)
  }
}
