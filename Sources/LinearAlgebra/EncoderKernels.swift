import CVectorKernels

/// The loops of an encoder, compiled for one kind of CPU.
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

  /// The set in use: the fastest, or the one that the environment names.
  package static let current = KernelSets.chosen(from: all, name: \.name)

  package var name: String { unsafe String(cString: table.pointee.name) }

  /// Whether the CPU has instructions for products of bfloat16.
  package var multipliesBFloat16: Bool { unsafe table.pointee.multiplies_bfloat16 != 0 }

  /// Whether the CPU has instructions for sums of products of eight-bit numbers.
  package var multipliesInt8: Bool { unsafe table.pointee.multiplies_int8 != 0 }

  // SAFETY: constant functions, as the table itself.
  func products(_ precision: Precision) -> product_kernels {
    switch precision {
    case .float32: unsafe table.pointee.float32
    case .bfloat16: unsafe table.pointee.bfloat16
    case .int8: unsafe table.pointee.int8
    }
  }
}

// SAFETY, for all below: each kernel touches rows × columns values of blocks that lie inside their
// matrices, and parameter rows whose lengths are checked here.
extension EncoderKernels {
  /// Normalises each row to mean 0 and variance 1, then scales and shifts it, `[n, dim] → [n,
  /// dim]`.
  ///
  /// The variance is the biased one. Source: Ba et al. 2016, eq. 3–4; `torch.nn.LayerNorm`.
  package func normalise(
    _ x: MatrixView, into y: MutableMatrixView, weight: Matrix, bias: Matrix, epsilon: Float
  ) {
    precondition(x.rows == y.rows && x.columns == y.columns, "\(x.shape) into \(y.shape)")
    check(weight, x.columns)
    check(bias, x.columns)
    unsafe table.pointee.layer_norm(
      x.base, x.stride, y.base, y.stride, x.rows, x.columns, weight.base, bias.base, epsilon)
  }

  /// `x + bias`, in place, `[n, dim]`.
  package func add(_ bias: Matrix, to x: MutableMatrixView) {
    check(bias, x.columns)
    unsafe table.pointee.add_bias(x.base, x.stride, x.rows, x.columns, bias.base)
  }

  /// One step of an online softmax: base-2 scores become 2^(score − running maximum).
  ///
  /// `scores` is `[n, keys]`; `running` holds the maximum and the total of each row, `[2, n]`;
  /// `output` is `[n, dim]`. Source: Milakov & Gimelshein 2018, alg. 3; Dao et al. 2022, alg. 1.
  package func softmaxStep(
    _ scores: MutableMatrixView, running: MutableMatrix, output: MutableMatrixView
  ) {
    precondition(
      running.rows == 2 && running.columns >= scores.rows && output.rows == scores.rows,
      "\(scores.shape), \(output.shape), \(running.columns) rows of totals")
    unsafe table.pointee.softmax_step(
      scores.base, scores.stride, scores.rows, scores.columns, running.base,
      running.base + running.columns, output.base, output.stride, output.columns)
  }

  /// The last step of an online softmax: each row over its total, `[n, dim] → [n, dim]`.
  package func softmaxEnd(_ x: MatrixView, running: MutableMatrix, into y: MutableMatrixView) {
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
