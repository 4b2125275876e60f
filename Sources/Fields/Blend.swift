import LinearAlgebra

/// Rows that are sums of separable mixtures of grids: `Σ_g horizontal_g · (vertical_g · lines)`.
///
/// The terms of one group share their horizontal weights, so a row adds their grid rows up first,
/// into one line a group, and widens the lines afterwards. Seventeen Moore shifts make five
/// groups. What a row holds depends on its own weights alone: lines and rows are reused where the
/// weights recur, which changes no bit.
struct Blend: Sendable {
  /// Every grid row of every term, `[grid columns, dim]` each.
  private let sources: [MatrixView]
  /// Of each group: the sources that each row's line mixes.
  private let vertical: [SparseRows]
  /// Of each group: its line's place among the scratch rows.
  private let places: [Range<Int>]
  /// The scratch rows that each column mixes, `[width]`.
  private let horizontal: SparseRows
  let dim: Int

  init(
    sources: [MatrixView], vertical: [SparseRows], lineLengths: [Int], horizontal: SparseRows,
    dim: Int
  ) {
    var end = 0
    places = lineLengths.map { length in
      end += length
      return end - length..<end
    }
    self.sources = sources
    self.vertical = vertical
    self.horizontal = horizontal
    self.dim = dim
  }

  var width: Int { horizontal.count }
  private var scratchRows: Int { places.last?.upperBound ?? 0 }

  /// The rows in `range`, `[range.count · width, dim]`, with `centre` taken from every source.
  ///
  /// A team shares them in blocks of `rowsPerBlock`.
  func rows(
    _ range: Range<Int>, centre: Matrix? = nil, into out: MatrixView, workers: Workers?,
    rowsPerBlock: Int = 16
  ) {
    precondition(
      out.rows == range.count * width && out.columns == dim,
      "[\(range.count) · \(width), \(dim)] → [\(out.rows), \(out.columns)]")
    let blocks = range.blocks(of: rowsPerBlock)
    let members = min(workers.members, max(blocks.count, 1))
    guard let workers, members > 1 else {
      let scratch = Matrix(rows: scratchRows, columns: dim)
      weave(range, from: range.lowerBound, centre, into: out, scratch.all)
      return
    }
    let scratch = Matrix(rows: scratchRows * workers.count, columns: dim)
    workers.forEach(blocks.count) { [self] block, member in
      let mine = member * scratchRows..<(member + 1) * scratchRows
      weave(blocks[block], from: range.lowerBound, centre, into: out, scratch[rows: mine])
    }
  }

  private func weave(
    _ range: Range<Int>, from first: Int, _ centre: Matrix?, into out: MatrixView,
    _ scratch: MatrixView
  ) {
    for row in range {
      let target = out[rows: (row - first) * width..<(row - first + 1) * width]
      let isFirst = row == range.lowerBound
      var isRepeated = !isFirst
      for (mixture, place) in zip(vertical, places)
      where isFirst || !mixture.areAlike(row, row - 1) {
        isRepeated = false
        line(mixture, row, centre, into: scratch[rows: place])
      }
      if isRepeated {
        target.copy(out[rows: (row - first - 1) * width..<(row - first) * width])
      } else {
        RowKernels.current.expand(scratch, by: horizontal, into: target)
      }
    }
  }

  private func line(
    _ mixture: SparseRows, _ row: Int, _ centre: Matrix?, into line: MatrixView
  ) {
    let entries = mixture[row]
    RowKernels.current.combine(
      mixture.cells[entries].map { sources[Int($0)] }, weights: Array(mixture.weights[entries]),
      centre: centre, into: line)
  }

  /// The vector at one pixel, with the very sums that its row would hold, `[dim]`.
  func pixel(x: Int, y: Int, into out: MatrixView) {
    let entries = horizontal[x]
    let parts = Matrix(rows: entries.count, columns: dim)
    for (part, cell) in horizontal.cells[entries].enumerated() {
      guard let group = places.firstIndex(where: { $0.contains(Int(cell)) }) else { continue }
      let column = Int(cell) - places[group].lowerBound
      let mixture = vertical[group]
      RowKernels.current.combine(
        mixture.cells[mixture[y]].map { sources[Int($0)][rows: column..<column + 1] },
        weights: Array(mixture.weights[mixture[y]]), into: parts[rows: part..<part + 1])
    }
    RowKernels.current.combine(
      (0..<entries.count).map { parts[rows: $0..<$0 + 1] },
      weights: Array(horizontal.weights[entries]), into: out)
  }
}

extension Range<Int> {
  /// The range cut into blocks of `length`, the last perhaps shorter.
  func blocks(of length: Int) -> [Range<Int>] {
    stride(from: lowerBound, to: upperBound, by: length).map {
      $0..<Swift.min($0 + length, upperBound)
    }
  }
}

extension Workers? {
  /// Threads that may work; without a team, the caller's own.
  var members: Int { self?.count ?? 1 }

  /// Runs `body` for every index below `count`, on the team or, without one, in order here.
  func forEach(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    guard let team = self else {
      for index in 0..<count { body(index) }
      return
    }
    team.forEach(count) { index, _ in body(index) }
  }
}
