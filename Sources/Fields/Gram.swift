/// The overlaps of two axis lists: `Σ_i a[i, p] · b[i, q]` for cells p and q, a banded matrix.
///
/// Sparse because a pixel depends on at most two cells of either. `[a.cells, b.cells]`.
struct Gram: Sendable {
  /// For each cell of `a`: the cells of `b` with which it shares pixels, in the order of these
  /// pixels.
  private(set) var rows: [[(cell: Int, weight: Double)]]

  init(_ a: AxisWeights, _ b: AxisWeights) {
    precondition(a.length == b.length, "axes of \(a.length) and \(b.length)")
    rows = Array(repeating: [], count: a.cells)
    for i in 0..<a.length {
      for (p, weight) in a.entries(i) {
        for (q, other) in b.entries(i) { add(Double(weight) * Double(other), p, q) }
      }
    }
  }

  private mutating func add(_ weight: Double, _ p: Int, _ q: Int) {
    if let place = rows[p].firstIndex(where: { $0.cell == q }) {
      rows[p][place].weight += weight
    } else {
      rows[p].append((q, weight))
    }
  }
}
