import CVectorKernels

/// Mixtures of rows of features, compiled for one kind of CPU.
@safe package struct RowKernels: @unchecked Sendable {
  // SAFETY: points to a constant table of functions without state, there from start to end.
  private let table: UnsafePointer<row_kernels>

  /// The sets that this CPU can run, the fastest first.
  package static let all: [RowKernels] = {
    var sets: [RowKernels] = []
    while let table = unsafe row_kernels_at(Int32(sets.count)) {
      unsafe sets.append(RowKernels(table: table))
    }
    return sets
  }()

  /// The fastest set for the CPU that this program runs on.
  package static let current = all[0]

  package var name: String { unsafe String(cString: table.pointee.name) }

  /// `Σⱼ weightⱼ · (sourceⱼ − centre)`, written into `out`: blocks of `[rows, dim]` without gaps.
  ///
  /// The centre is a row, `[dim]`, taken from every row. Each value is summed in the sources'
  /// order. A source may be `out` itself.
  package func combine(
    _ sources: [MatrixView], weights: [Float], centre: Matrix? = nil, into out: MatrixView
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
    let pointers: [UnsafePointer<Float>?] = unsafe sources.map { unsafe UnsafePointer($0.base) }
    unsafe table.pointee.combine(
      sources.count, pointers, weights, centre?.base, out.rows, out.columns, out.base)
    withExtendedLifetime((sources, centre)) {}
  }

  /// The rows that `mixture` makes of `lines`: `[cells, dim] → [mixture.count, dim]`.
  package func expand(_ lines: MatrixView, by mixture: SparseRows, into out: MatrixView) {
    precondition(
      lines.columns == out.columns && out.rows == mixture.count && lines.isDense
        && mixture.cellBound <= lines.rows,
      "\(mixture.count) rows of \(mixture.cellBound) cells: "
        + "[\(lines.rows), \(lines.columns)] → [\(out.rows), \(out.columns)]")
    // SAFETY: cells lie below `cellBound`, so inside the lines; `out` has the shape checked above
    // and is ours to write.
    unsafe table.pointee.expand(
      out.rows, out.columns, mixture.starts, mixture.cells, mixture.weights, lines.base,
      out.stride, out.base)
  }

  /// Appends a block's values to `bytes` as little-endian float16, row after row.
  ///
  /// Rounded to nearest, ties to even; beyond 65504 to infinity.
  package func appendHalves(of source: MatrixView, to bytes: inout [UInt8]) {
    var halves = [UInt16](repeating: 0, count: source.columns)
    bytes.reserveCapacity(bytes.count + source.rows * source.columns * 2)
    for row in 0..<source.rows {
      // SAFETY: the row lies inside the matrix, and `halves` has room for its columns.
      unsafe table.pointee.halves(
        source.columns, source.base + row * source.stride, &halves)
      unsafe halves.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
    }
  }
}

/// A copy of the rows at `indices`, in their order: `[n, dim] → [indices.count, dim]`.
package func gather(_ indices: [Int], of source: Matrix) -> Matrix {
  let out = Matrix(rows: indices.count, columns: source.columns)
  for (row, index) in indices.enumerated() {
    out[rows: row..<row + 1].copy(source[rows: index..<index + 1])
  }
  return out
}

extension MatrixView {
  /// Whether the rows follow one another without gaps.
  package var isDense: Bool { stride == columns || rows <= 1 }

  /// A copy of all values, row after row.
  package var values: [Float] {
    var values: [Float] = []
    values.reserveCapacity(rows * columns)
    for row in 0..<rows {
      // SAFETY: the row lies inside the matrix, checked when the block was cut.
      unsafe values.append(
        contentsOf: UnsafeBufferPointer(start: base + row * stride, count: columns))
    }
    return values
  }

  /// Appends the values' bytes, little-endian float32, row after row.
  package func appendFloats(to bytes: inout [UInt8]) {
    bytes.reserveCapacity(bytes.count + rows * columns * 4)
    for row in 0..<rows {
      // SAFETY: the row lies inside the matrix; Linux runs this on little-endian CPUs alone.
      unsafe bytes.append(
        contentsOf: UnsafeRawBufferPointer(start: base + row * stride, count: columns * 4))
    }
  }
}
