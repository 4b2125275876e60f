import CVectorKernels

/// The loops around an encoder's matrix products, compiled for one kind of CPU.
@safe package struct EncoderKernels: @unchecked Sendable {
  // SAFETY: points to a constant table of functions without state, there from start to end.
  let table: UnsafePointer<encoder_kernels>

  /// The sets that this CPU can run, the fastest first.
  package static let all: [EncoderKernels] = {
    var sets: [EncoderKernels] = []
    while let table = unsafe encoder_kernels_at(Int32(sets.count)) {
      unsafe sets.append(EncoderKernels(table: table))
    }
    return sets
  }()

  /// The fastest set for the CPU that this program runs on.
  package static let current = all[0]

  package var name: String { unsafe String(cString: table.pointee.name) }
}

// SAFETY, for all below: each kernel touches rows × columns values of blocks that lie inside their
// matrices, and parameter rows whose lengths are checked here.
extension EncoderKernels {
  /// Normalises each row to mean 0 and variance 1, then scales and shifts it, `[n, dim] → [n, dim]`.
  ///
  /// The variance is the biased one. Source: Ba et al. 2016, eq. 3–4; `torch.nn.LayerNorm`.
  package func normalise(
    _ x: MatrixView, into y: MatrixView, weight: Matrix, bias: Matrix, epsilon: Float
  ) {
    precondition(x.rows == y.rows && x.columns == y.columns, "\(x.shape) into \(y.shape)")
    check(weight, x.columns)
    check(bias, x.columns)
    unsafe table.pointee.layer_norm(
      x.base, x.stride, y.base, y.stride, x.rows, x.columns, weight.base, bias.base, epsilon)
  }

  /// `x + bias`, in place, `[n, dim]`.
  package func add(_ bias: Matrix, to x: MatrixView) {
    check(bias, x.columns)
    unsafe table.pointee.add_bias(x.base, x.stride, x.rows, x.columns, bias.base)
  }

  /// GELU(x + bias), in place, `[n, hidden]`: the exact kind, t · Φ(t).
  ///
  /// Source: Hendrycks & Gimpel 2016, §2; `torch.nn.GELU(approximate="none")`.
  package func gelu(_ x: MatrixView, adding bias: Matrix) {
    check(bias, x.columns)
    unsafe table.pointee.gelu(x.base, x.stride, x.rows, x.columns, bias.base)
  }

  /// SiLU(a) ⊙ b, where (a, b) are the halves of x + bias, `[n, 2 · hidden] → [n, hidden]`.
  ///
  /// Source: Shazeer 2020, eq. 6.
  package func swiglu(_ x: MatrixView, adding bias: Matrix, into y: MatrixView) {
    precondition(x.rows == y.rows && x.columns == 2 * y.columns, "\(x.shape) into \(y.shape)")
    check(bias, x.columns)
    unsafe table.pointee.swiglu(
      x.base, x.stride, y.base, y.stride, y.rows, y.columns, bias.base)
  }

  /// `x + scale ⊙ (y + bias)`, in place, `[n, dim]`: a branch returns to the residual stream.
  ///
  /// Source: Touvron et al. 2021 (CaiT), eq. 3.
  package func addResidual(
    _ y: MatrixView, bias: Matrix, scaledBy scale: Matrix, to x: MatrixView
  ) {
    precondition(x.rows == y.rows && x.columns == y.columns, "\(y.shape) to \(x.shape)")
    check(bias, x.columns)
    check(scale, x.columns)
    unsafe table.pointee.add_residual(
      x.base, x.stride, y.base, y.stride, x.rows, x.columns, bias.base, scale.base)
  }

  /// One step of an online softmax: base-2 scores become 2^(score − running maximum).
  ///
  /// `scores` is `[n, keys]`; `running` holds the maximum and the total of each row, `[2, n]`;
  /// `output` is `[n, dim]`. Source: Milakov & Gimelshein 2018, alg. 3; Dao et al. 2022, alg. 1.
  func softmaxStep(_ scores: MatrixView, running: Matrix, output: MatrixView) {
    precondition(
      running.rows == 2 && running.columns >= scores.rows && output.rows == scores.rows,
      "\(scores.shape), \(output.shape), \(running.columns) rows of totals")
    unsafe table.pointee.softmax_step(
      scores.base, scores.stride, scores.rows, scores.columns, running.base,
      running.base + running.columns, output.base, output.stride, output.columns)
  }

  /// The last step of an online softmax: each row over its total, `[n, dim] → [n, dim]`.
  func softmaxEnd(_ x: MatrixView, running: Matrix, into y: MatrixView) {
    precondition(
      x.rows == y.rows && x.columns == y.columns && running.columns >= x.rows,
      "\(x.shape) into \(y.shape), \(running.columns) rows of totals")
    unsafe table.pointee.softmax_end(
      x.base, x.stride, y.base, y.stride, x.rows, x.columns, running.base + running.columns)
  }

  private func check(_ parameters: Matrix, _ columns: Int) {
    precondition(parameters.count == columns, "\(parameters.count) parameters, \(columns) columns")
  }
}
