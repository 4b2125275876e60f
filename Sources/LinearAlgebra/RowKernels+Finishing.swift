import CVectorKernels

/// What is done to whole rows of features.
extension RowKernels {
  /// The Euclidean length of each row, `[rows]`.
  package func norms(of rows: MatrixView) -> [Float] {
    unsafe [Float](unsafeUninitializedCapacity: rows.rows) { out, count in
      // SAFETY: the rows lie inside their matrix, and `out` has room for one value of each.
      unsafe table.pointee.norms(
        rows.rows, rows.columns, rows.stride, rows.base, out.baseAddress)
      count = rows.rows
    }
  }

  /// Divides each row by its length; zeros stay zeros.
  package func normalise(_ rows: MutableMatrixView) {
    // SAFETY: the rows lie inside their matrix and are ours to write.
    unsafe table.pointee.normalise(rows.rows, rows.columns, rows.stride, rows.base)
  }

  /// Makes each row its softmax: positive values that add up to one.
  package func softmax(_ rows: MutableMatrixView) {
    precondition(rows.columns > 0, "the softmax of nothing")
    // SAFETY: the rows lie inside their matrix, are not empty and are ours to write.
    unsafe table.pointee.softmax(rows.rows, rows.columns, rows.stride, rows.base)
  }

  /// The place of each row's largest value, of equal ones the first, `[rows]`.
  ///
  /// What is no number is not the largest; 0 where nothing is.
  package func labels(of rows: MatrixView) -> [UInt8] {
    precondition(rows.columns <= 256, "labels for \(rows.columns) values")
    return unsafe [UInt8](unsafeUninitializedCapacity: rows.rows) { out, count in
      // SAFETY: the rows lie inside their matrix, and `out` has room for one label of each.
      unsafe table.pointee.labels(
        rows.rows, rows.columns, rows.stride, rows.base, out.baseAddress)
      count = rows.rows
    }
  }

  /// The place of the largest of each row's values less offsets, of equal ones the first, `[rows]`.
  ///
  /// The offsets, `[columns]`, are scaled by a length for each row, or by one. With products of a
  /// vector and of centres, and half the centres' squares, it is the nearest centre.
  package func nearest(
    of rows: MatrixView, less offsets: [Float], scaledBy lengths: ArraySlice<Float>? = nil
  ) -> [UInt8] {
    precondition(
      rows.columns <= 256 && offsets.count == rows.columns
        && (lengths.map { $0.count == rows.rows } ?? true),
      "\(offsets.count) offsets for [\(rows.rows), \(rows.columns)]")
    return unsafe [UInt8](unsafeUninitializedCapacity: rows.rows) { out, count in
      // SAFETY: the rows lie inside their matrix, there is an offset for each column, a length for
      // each row, checked above, and `out` has room for one label of each.
      if let lengths {
        unsafe lengths.withUnsafeBufferPointer { lengths in
          unsafe table.pointee.nearest(
            rows.rows, rows.columns, rows.stride, rows.base, offsets, lengths.baseAddress,
            out.baseAddress)
        }
      } else {
        unsafe table.pointee.nearest(
          rows.rows, rows.columns, rows.stride, rows.base, offsets, nil, out.baseAddress)
      }
      count = rows.rows
    }
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

  /// The float32s of equal value, of IEEE 754 binary16s given by their bits.
  package func floats(binary16 halves: [UInt16]) -> [Float] {
    unsafe [Float](unsafeUninitializedCapacity: halves.count) { out, count in
      // SAFETY: `out` has room for as many floats as there are halves.
      unsafe table.pointee.floats(halves.count, halves, out.baseAddress)
      count = halves.count
    }
  }
}
