package import LinearAlgebra

extension Matrix {
  /// The same rows divided by their lengths; zeros stay zeros.
  package var unitRows: Matrix {
    let out = MutableMatrix(rows: rows, columns: columns)
    out.all.copy(all)
    RowKernels.current.normalise(out.all)
    return out.frozen()
  }
}
