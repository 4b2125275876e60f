import COpenBLAS

/// How exactly a weighted Gram matrix is summed.
package enum GramPrecision: Sendable {
  /// In float32: for preconditioners.
  case single
  /// In float64: for closed forms.
  case double
}

/// `Σᵢ weightᵢ · [xᵢ, 1]ᵀ [xᵢ, 1]`, `[n, dim] → [dim + 1, dim + 1]`, weights from 0.
///
/// The order of summation depends on the shape alone. Source: BLAS `ssyrk`, `dsyrk`.
package func weightedGram(
  of x: MatrixView, weights: [Double], _ precision: GramPrecision, workers: ThreadPool? = nil
) -> DoubleMatrix {
  precondition(x.rows == weights.count, "\(weights.count) weights for \(x.rows) rows")
  let order = x.columns + 1
  // Four shares, whatever the number of threads: each has a matrix of its own.
  let shares = Blocks(of: x.rows, atMost: max((x.rows + 3) / 4, 256))
  let parts = workers.map(shares.count) { index, _ in
    let rows = shares[index]
    let part = DoubleMatrix(rows: order, columns: order)
    switch precision {
    case .single: addSingle(x[rows: rows], weights[rows], to: part)
    case .double: addDouble(x[rows: rows], weights[rows], to: part)
    }
    return part
  }
  let sum = parts.first ?? DoubleMatrix(rows: order, columns: order)
  for i in 0..<order {
    // SAFETY: the upper triangle's row of matrices of this order, which only this thread has.
    for part in parts.dropFirst() {
      for j in i..<order {
        unsafe sum.base[i * order + j] += part.base[i * order + j]
      }
    }
    for j in i..<order { unsafe sum.base[j * order + i] = sum.base[i * order + j] }
  }
  return sum
}

private let blockRows = 256

private func addSingle(_ x: MatrixView, _ weights: ArraySlice<Double>, to sum: DoubleMatrix) {
  let order = x.columns + 1
  let scaled = MutableMatrix(rows: min(blockRows, x.rows), columns: order)
  let part = MutableMatrix(rows: order, columns: order)
  let blocks = Blocks(of: x.rows, atMost: blockRows)
  for index in 0..<blocks.count {
    for (place, row) in blocks[index].enumerated() {
      let root = Float(weights[weights.startIndex + row].squareRoot())
      // SAFETY: a row of `x` and one of the block, which has a column more.
      let (from, to) = unsafe (x.base + row * x.stride, scaled.base + place * order)
      for column in 0..<x.columns { unsafe to[column] = root * from[column] }
      unsafe to[x.columns] = root
    }
    // SAFETY: the block's rows are inside it; `part` is a square of its columns.
    unsafe cblas_ssyrk(
      CblasRowMajor, CblasUpper, CblasTrans, blasint(order), blasint(blocks[index].count), 1,
      scaled.base, blasint(order), 1, part.base, blasint(order))
  }
  // SAFETY: two squares of one order.
  for place in 0..<order * order { unsafe sum.base[place] = Double(part.address[place]) }
}

private func addDouble(_ x: MatrixView, _ weights: ArraySlice<Double>, to sum: DoubleMatrix) {
  let order = x.columns + 1
  let scaled = DoubleMatrix(rows: min(blockRows, x.rows), columns: order)
  let blocks = Blocks(of: x.rows, atMost: blockRows)
  for index in 0..<blocks.count {
    for (place, row) in blocks[index].enumerated() {
      let root = weights[weights.startIndex + row].squareRoot()
      // SAFETY: a row of `x` and one of the block, which has a column more.
      let (from, to) = unsafe (x.base + row * x.stride, scaled.base + place * order)
      for column in 0..<x.columns { unsafe to[column] = root * Double(from[column]) }
      unsafe to[x.columns] = root
    }
    // SAFETY: the block's rows are inside it; `sum` is a square of its columns.
    unsafe cblas_dsyrk(
      CblasRowMajor, CblasUpper, CblasTrans, blasint(order), blasint(blocks[index].count), 1,
      scaled.base, blasint(order), 1, sum.base, blasint(order))
  }
}
