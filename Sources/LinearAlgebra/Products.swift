import COpenBLAS

/// `scale · a · bᵀ`, written or added into `c`: `[n, k] · [m, k]ᵀ → [n, m]`.
///
/// The order of summation depends on the shapes alone. Source: BLAS `sgemm`.
package func multiply(
  _ a: MatrixView, transposed b: MatrixView, into c: MutableMatrixView, scale: Float = 1,
  adding: Bool = false
) {
  precondition(
    a.columns == b.columns && c.rows == a.rows && c.columns == b.rows,
    "[\(a.rows), \(a.columns)] · [\(b.rows), \(b.columns)]ᵀ → [\(c.rows), \(c.columns)]")
  guard c.rows > 0, c.columns > 0 else { return }
  // SAFETY: three blocks inside their matrices, of the shapes checked above; `c` is ours to write.
  unsafe cblas_sgemm(
    CblasRowMajor, CblasNoTrans, CblasTrans, blasint(a.rows), blasint(b.rows),
    blasint(a.columns), scale, a.base, blasint(a.stride), b.base, blasint(b.stride),
    adding ? 1 : 0, c.base, blasint(c.stride))
}

/// `scale · a · b`, written or added into `c`: `[n, k] · [k, m] → [n, m]`.
///
/// Source: BLAS `sgemm`.
package func multiply(
  _ a: MatrixView, by b: MatrixView, into c: MutableMatrixView, scale: Float = 1,
  adding: Bool = false
) {
  precondition(
    a.columns == b.rows && c.rows == a.rows && c.columns == b.columns,
    "[\(a.rows), \(a.columns)] · [\(b.rows), \(b.columns)] → [\(c.rows), \(c.columns)]")
  guard c.rows > 0, c.columns > 0 else { return }
  // SAFETY: three blocks inside their matrices, of the shapes checked above; `c` is ours to write.
  unsafe cblas_sgemm(
    CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(a.rows), blasint(b.columns),
    blasint(a.columns), scale, a.base, blasint(a.stride), b.base, blasint(b.stride),
    adding ? 1 : 0, c.base, blasint(c.stride))
}

/// `scale · aᵀ · b`, written or added into `c`: `[k, n]ᵀ · [k, m] → [n, m]`.
///
/// Source: BLAS `sgemm`.
package func multiply(
  transposed a: MatrixView, by b: MatrixView, into c: MutableMatrixView, scale: Float = 1,
  adding: Bool = false
) {
  precondition(
    a.rows == b.rows && c.rows == a.columns && c.columns == b.columns,
    "[\(a.rows), \(a.columns)]ᵀ · [\(b.rows), \(b.columns)] → [\(c.rows), \(c.columns)]")
  guard c.rows > 0, c.columns > 0 else { return }
  // SAFETY: three blocks inside their matrices, of the shapes checked above; `c` is ours to write.
  unsafe cblas_sgemm(
    CblasRowMajor, CblasTrans, CblasNoTrans, blasint(a.columns), blasint(b.columns),
    blasint(a.rows), scale, a.base, blasint(a.stride), b.base, blasint(b.stride),
    adding ? 1 : 0, c.base, blasint(c.stride))
}
