import Imaging
import LinearAlgebra

/// Computes a field's pixels from its grids, one axis after the other.
///
/// A pixel's bits depend on the pixel alone, not on what else is computed with it: in a row, in a
/// region or alone, it is the same sum.
protocol Interpolator: Sendable {
  var dim: Int { get }

  /// Rows and columns that are best computed together, since their inputs stay in a cache.
  var block: Size { get }

  /// Scratch memory for one thread; the same size for all.
  func makeScratch() -> MutableMatrix

  /// Whether a row equals the one above it.
  func repeats(_ row: Int) -> Bool

  /// Computes the pixels of some rows and columns, on this thread.
  ///
  /// Each row's pixels are consecutive in `out`; rows begin `rowStride` pixels apart.
  func interpolate(
    _ rows: Range<Int>, _ columns: Range<Int>, into out: MutableMatrixView, rowStride: Int,
    scratch: MutableMatrix
  )
}

extension Interpolator {
  /// Computes the pixels of some rows and columns, `[rows.count · columns.count, dim]`, on several
  /// threads.
  func fill(
    _ rows: Range<Int>, _ columns: Range<Int>, into out: MutableMatrixView, workers: ThreadPool?
  ) {
    precondition(
      out.rows == rows.count * columns.count && out.columns == dim,
      "[\(rows.count) · \(columns.count), \(dim)] → [\(out.rows), \(out.columns)]")
    let (heights, widths) = (rows.blocks(of: block.height), columns.blocks(of: block.width))
    let count = heights.count * widths.count
    // One block is not worth waking another thread.
    let workers = count > 1 ? workers : nil
    let scratch = (0..<workers.members).map { _ in makeScratch() }
    workers.forEach(count) { [self] index, member in
      let (y, x) = (heights[index / widths.count], widths[index % widths.count])
      let first =
        (y.lowerBound - rows.lowerBound) * columns.count + x.lowerBound - columns.lowerBound
      interpolate(
        y, x, into: out[rows: first..<out.rows], rowStride: columns.count, scratch: scratch[member])
    }
  }
}

extension Range<Int> {
  /// The range divided into blocks of `length`, of which the last may be shorter.
  func blocks(of length: Int) -> [Range<Int>] {
    stride(from: lowerBound, to: upperBound, by: length).map {
      $0..<Swift.min($0 + length, upperBound)
    }
  }
}

extension SparseRows {
  /// The cells that some rows depend on, as runs in ascending order.
  func runs(in rows: Range<Int>) -> [Range<Int>] {
    guard let first = rows.first, let last = rows.last else { return [] }
    let mixed = cells[self[first].lowerBound..<self[last].upperBound]
    var runs: [Range<Int>] = []
    func add(_ cell: Int) {
      guard let run = runs.last, run.upperBound >= cell else { return runs.append(cell..<cell + 1) }
      runs[runs.count - 1] = run.lowerBound..<max(run.upperBound, cell + 1)
    }
    // One row's cells are few; those of many recur and are marked.
    if rows.count == 1 {
      for cell in mixed.sorted() { add(Int(cell)) }
    } else {
      var isMixed = [Bool](repeating: false, count: cellBound)
      for cell in mixed { isMixed[Int(cell)] = true }
      for cell in isMixed.indices where isMixed[cell] { add(cell) }
    }
    return runs
  }
}
