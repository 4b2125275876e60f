import LinearAlgebra

/// Rows on the leading axes of their products, `[rows, dim] → [rows, axes]`: fewer numbers for nearly
/// the same fit.
///
/// A ridge is the same in any orthonormal basis, so that a fit to rows that were turned is the fit to
/// the rows. Axes along which all rows together are far below the ridge cannot change a score.
struct CondensedRows: Sendable {
  let features: Matrix

  /// Most axes that are kept.
  static let limit = 256
  /// The part of the ridge below which an axis is left out.
  static let share = 0.1

  /// Condenses rows for fits with a ridge of `ridge` or more.
  init(_ rows: Matrix, ridge: Double) {
    let order = rows.columns
    let gram = MutableMatrix(rows: order, columns: order)
    multiply(transposed: rows.all, by: rows.all, into: gram.all)
    // Rows that are too large to be multiplied stay as they are.
    guard let axes = try? SymmetricEigen(of: gram.values.map { Double($0) }, order: order) else {
      features = rows
      return
    }
    let count = axes.values.prefix(CondensedRows.limit).count { $0 > CondensedRows.share * ridge }
    guard count < order else {
      features = rows
      return
    }
    let basis = Matrix(
      rows: max(count, 1), columns: order,
      (0..<max(count, 1)).flatMap { axes.vector($0).map { Float($0) } })
    let turned = MutableMatrix(rows: rows.rows, columns: basis.rows)
    multiply(rows.all, transposed: basis.all, into: turned.all)
    features = turned.frozen()
  }
}
