import Analysis
import Encoders
import Imaging
import LinearAlgebra
import Support

extension CellVectors {
  /// The patch tokens of the shared micrograph, 37 × 37 of 384 dimensions.
  static func golden() throws -> CellVectors? {
    guard let file = try Fixture.shared("golden/sofc_518.safetensors") else { return nil }
    return CellVectors(
      grid: Grid(rows: 37, columns: 37),
      vectors: Matrix(rows: 1369, columns: 384, try file.floats("patch_tokens")))
  }

  /// Some rows and columns of the grid.
  func cut(rows: Range<Int>, columns: Range<Int>) -> CellVectors {
    CellVectors(
      grid: Grid(rows: rows.count, columns: columns.count),
      vectors: gather(
        rows.flatMap { row in columns.map { row * grid.columns + $0 } }, of: vectors))
  }
}
