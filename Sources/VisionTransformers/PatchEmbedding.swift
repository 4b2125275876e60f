import Checkpoints
import Imaging
import LinearAlgebra

/// A convolution of patch-sized kernels, one vector per patch of a view.
///
/// Source: Dosovitskiy et al. 2021, eq. 1; a stride below the patch size as in Amir et al. 2021.
struct PatchEmbedding: Sendable {
  /// The projection, added to the positions.
  let proj: PackedLayer
  let patch: Int

  init(_ weights: Weights, dim: Int, patch: Int) throws(CheckpointError) {
    self.patch = patch
    let weights = weights["proj"]
    // The kernel is stored as [dim, 3, P, P], whose rows are those of the product's matrix already.
    proj = PackedLayer(
      try weights.tensor("weight", [dim, 3, patch, patch]),
      bias: try weights.tensor("bias", [dim]), end: .residual(scale: .ones(dim)))
  }

  /// A reader of a view's patches in the image.
  func reader(of view: View, in size: Size, stride: Int) -> PatchReader {
    let rows = view.sourceRows(size.height).map { $0 * size.width }
    let columns = view.sourceColumns(size.width)
    return PatchReader(
      rowOffsets: view.isTransposed ? columns : rows,
      columnOffsets: view.isTransposed ? rows : columns,
      patch: patch, stride: stride,
      gridColumns: Grid(of: view.size(of: size), patch: patch, stride: stride).columns)
  }

  /// Adds the vectors of some patches to `x`, `[patches, dim]`.
  ///
  /// Pixels are not rounded to eight bits, which would cost as much of the result's accuracy as all
  /// other layers together and save a hundredth of their operations.
  func callAsFunction(
    _ patches: Range<Int>, from reader: PatchReader, of planes: Matrix, into x: MutableMatrixView,
    _ precision: Precision, _ scratch: EncoderWorkers.Scratch
  ) {
    let pixels = scratch.inner(patches.count, proj.inputs)
    reader.read(patches, of: planes, into: pixels)
    proj(
      pixels.view, into: x, precision == .int8 ? .float32 : precision, scratch: scratch.product)
  }
}

extension InputPlanes {
  /// The planes as a matrix, `[3, height · width]`.
  var planes: Matrix { Matrix(rows: 3, columns: size.width * size.height, values) }
}
