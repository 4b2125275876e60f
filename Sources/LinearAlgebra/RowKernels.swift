import CVectorKernels

/// Mixtures of rows of features, compiled for one kind of CPU.
@safe package struct RowKernels: @unchecked Sendable {
  // SAFETY: points to a constant table of functions without state, there from start to end.
  let table: UnsafePointer<row_kernels>

  /// The sets that this CPU can run, the fastest first.
  package static let all: [RowKernels] = {
    var sets: [RowKernels] = []
    while let table = unsafe row_kernels_at(Int32(sets.count)) {
      unsafe sets.append(RowKernels(table: table))
    }
    return sets
  }()

  /// The set in use: the fastest, or the one that the environment names.
  package static let current = KernelSets.chosen(from: all, name: \.name)

  package var name: String { unsafe String(cString: table.pointee.name) }

  /// `Σⱼ weightⱼ · (sourceⱼ − centre)`, written into `out`: blocks of `[rows, dim]` without gaps.
  ///
  /// The centre is a row, `[dim]`, taken from every row. Each value is summed in the sources'
  /// order. A source may be `out` itself.
  package func combine(
    _ sources: [MatrixView], weights: [Float], centre: Matrix? = nil, into out: MutableMatrixView
  ) {
    precondition(sources.count == weights.count, "\(sources.count) of \(weights.count) weights")
    precondition(out.isDense && (centre.map { $0.count == out.columns } ?? true), "no dense rows")
    for source in sources {
      precondition(
        source.rows == out.rows && source.columns == out.columns && source.isDense,
        "[\(source.rows), \(source.columns)] → [\(out.rows), \(out.columns)]")
    }
    // SAFETY: every block is dense and of `out`'s shape, checked above, and `sources` keeps their
    // matrices while the kernel reads them; `out` is ours to write.
    let pointers: [UnsafePointer<Float>?] = unsafe sources.map { unsafe $0.base }
    unsafe table.pointee.combine(
      0, sources.count, pointers, nil, weights, centre?.base, 0, out.rows, out.columns, out.base)
    withExtendedLifetime((sources, centre)) {}
  }

  /// The same sum over the blocks that one row of a mixture names, of some of their rows.
  package func combine(
    _ blocks: RowBlocks, by mixture: SparseRows, row: Int, rows: Range<Int>,
    centre: Matrix? = nil, into out: MutableMatrixView
  ) {
    let entries = mixture[row]
    precondition(
      out.isDense && out.rows == rows.count && out.columns == blocks.dim
        && (centre.map { $0.count == blocks.dim } ?? true),
      "\(rows) of \(blocks.dim) dims → [\(out.rows), \(out.columns)]")
    blocks.check(mixture.cells[entries], hold: rows)
    // SAFETY: the blocks that are named hold the rows asked for, checked above, and `blocks` keeps
    // their matrices; `out` has the shape checked above and is ours to write.
    unsafe table.pointee.combine(
      entries.lowerBound, entries.upperBound, blocks.pointers, mixture.cells, mixture.weights,
      centre?.base, rows.lowerBound, rows.count, out.columns, out.base)
    withExtendedLifetime((blocks, centre)) {}
  }

  /// The rows that `mixture`, or some rows of it, makes of lines: `[cells, dim] → [rows, dim]`.
  package func expand(
    _ lines: MatrixView, by mixture: SparseRows, rows: Range<Int>? = nil,
    into out: MutableMatrixView
  ) {
    let rows = rows ?? 0..<mixture.count
    precondition(
      lines.columns == out.columns && out.rows == rows.count && lines.isDense
        && rows.lowerBound >= 0 && rows.upperBound <= mixture.count
        && mixture.cellBound <= lines.rows,
      "\(rows) of \(mixture.count) rows of \(mixture.cellBound) cells: "
        + "[\(lines.rows), \(lines.columns)] → [\(out.rows), \(out.columns)]")
    // SAFETY: cells lie below `cellBound`, so inside the lines, and the rows inside the mixture;
    // `out` has the shape checked above and is ours to write.
    unsafe table.pointee.expand(
      rows.lowerBound, out.rows, out.columns, mixture.starts, mixture.cells, mixture.weights,
      lines.base, out.stride, out.base)
  }
}

/// Copies the rows at `indices`, in their order: `[n, dim] → [indices.count, dim]`.
package func gather(_ indices: [Int], of source: MatrixView, into out: MutableMatrixView) {
  precondition(out.rows == indices.count, "\(indices.count) rows into \(out.rows)")
  for (row, index) in indices.enumerated() {
    out[rows: row..<row + 1].copy(source[rows: index..<index + 1])
  }
}

/// A copy of the rows at `indices`, in their order: `[n, dim] → [indices.count, dim]`.
package func gather(_ indices: [Int], of source: MatrixView) -> Matrix {
  let out = MutableMatrix(rows: indices.count, columns: source.columns)
  gather(indices, of: source, into: out.all)
  return out.frozen()
}

/// The same of a whole matrix.
package func gather(_ indices: [Int], of source: Matrix) -> Matrix {
  gather(indices, of: source.all)
}
