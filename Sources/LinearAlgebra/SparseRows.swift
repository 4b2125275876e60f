/// A sparse matrix of weights, row after row: which cells each row mixes, and how much of each.
package struct SparseRows: Sendable, Hashable {
  /// Where each row's entries begin, and the end of the last, `[rows + 1]`.
  private(set) var starts: [Int32] = [0]
  package private(set) var cells: [Int32] = []
  package private(set) var weights: [Float] = []
  /// One more than the largest cell.
  package private(set) var cellBound = 0

  package init() {}

  package var count: Int { starts.count - 1 }

  /// Adds an entry to the row that is open; a weight of zero adds nothing.
  package mutating func append(cell: Int, weight: Float) {
    precondition(cell >= 0 && cell < Int(Int32.max), "cell \(cell)")
    guard weight != 0 else { return }
    cells.append(Int32(cell))
    weights.append(weight)
    cellBound = max(cellBound, cell + 1)
  }

  /// Closes the row that is open and opens the next.
  package mutating func endRow() {
    precondition(cells.count < Int(Int32.max), "\(cells.count) weights")
    starts.append(Int32(cells.count))
  }

  /// The places of a row's entries in `cells` and `weights`.
  package subscript(row: Int) -> Range<Int> { Int(starts[row])..<Int(starts[row + 1]) }

  /// Whether two rows mix the same cells alike.
  package func areAlike(_ row: Int, _ other: Int) -> Bool {
    cells[self[row]] == cells[self[other]] && weights[self[row]] == weights[self[other]]
  }
}
