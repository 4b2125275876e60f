import CVectorKernels

/// Products for fitting classifiers, and planes of scores, compiled for one kind of CPU.
@safe package struct ScoreKernels: @unchecked Sendable {
  // SAFETY: points to a constant table of functions without state, there from start to end.
  let table: UnsafePointer<score_kernels>

  /// The sets that this CPU can run, the fastest first.
  package static let all: [ScoreKernels] = {
    var sets: [ScoreKernels] = []
    while let table = unsafe score_kernels_at(Int32(sets.count)) {
      unsafe sets.append(ScoreKernels(table: table))
    }
    return sets
  }()

  /// The set in use: the fastest, or the one that the environment names.
  package static let current = KernelSets.chosen(from: all, name: \.name)

  package var name: String { unsafe String(cString: table.pointee.name) }

  /// `x · wᵀ + bias` in double precision: `[rows, dim] · [classes, dim]ᵀ → [rows, classes]`.
  package func products(_ x: MatrixView, by w: [Double], bias: [Double]) -> [Double] {
    precondition(
      w.count == bias.count * x.columns, "\(w.count) weights, \(bias.count) × \(x.columns)")
    let count = x.rows * bias.count
    return unsafe [Double](unsafeUninitializedCapacity: count) { out, made in
      // SAFETY: the rows lie inside their matrix, the arrays have the lengths checked above, and
      // `out` has room for a value of each row and class.
      if count > 0 {
        unsafe table.pointee.products(
          x.rows, x.columns, x.stride, x.base, bias.count, w, bias, out.baseAddress)
      }
      made = count
    }
  }

  /// `rᵀ · x` in double precision: `[rows, classes]ᵀ · [rows, dim] → [classes, dim]`.
  ///
  /// `isSparse` says that most of r is 0, and changes nothing but the time.
  package func sums(
    _ x: MatrixView, by r: [Double], classes: Int, isSparse: Bool = false
  ) -> [Double] {
    precondition(r.count == x.rows * classes, "\(r.count) weights, \(x.rows) × \(classes)")
    var out = [Double](repeating: 0, count: classes * x.columns)
    // SAFETY: the rows lie inside their matrix, and the arrays have the lengths checked above.
    if isSparse {
      unsafe table.pointee.sparse_sums(x.rows, x.columns, x.stride, x.base, classes, r, &out)
    } else {
      unsafe table.pointee.sums(x.rows, x.columns, x.stride, x.base, classes, r, &out)
    }
    return out
  }
}

// MARK: - Planes, one for each class

extension ScoreKernels {
  /// A linear map of planes, and what rows add to it: `[channels, pixels] → [classes, pixels]`.
  ///
  /// `w` is `[classes, channels]`, `rows` are `[pixels, classes]` without gaps.
  package func project(
    _ planes: MatrixView, onto w: [Float], bias: [Float], adding rows: MatrixView? = nil,
    into out: MutableMatrixView
  ) {
    precondition(
      w.count == bias.count * planes.rows && out.rows == bias.count
        && out.columns == planes.columns,
      "[\(planes.rows), \(planes.columns)] by \(w.count) → [\(out.rows), \(out.columns)]")
    if let rows {
      precondition(
        rows.isDense && rows.rows == out.columns && rows.columns == out.rows,
        "[\(rows.rows), \(rows.columns)] for [\(out.rows), \(out.columns)]")
    }
    guard out.columns > 0 else { return }
    // SAFETY: blocks inside their matrices, of the shapes checked above; `out` is ours to write.
    unsafe table.pointee.project(
      planes.rows, planes.columns, planes.base, planes.stride, bias.count, w, bias, rows?.base,
      out.base, out.stride)
    withExtendedLifetime((planes, rows)) {}
  }

  /// Makes scores probabilities: the softmax over the planes, `[classes, pixels]`.
  package func softmax(planes: MutableMatrixView) {
    // SAFETY: the planes lie inside their matrix and are ours to write.
    unsafe table.pointee.softmax(planes.rows, planes.columns, planes.base, planes.stride)
  }

  /// The name of each pixel's largest plane, of equal ones the first, `[pixels]`.
  package func labels(of planes: MatrixView, names: [UInt8]) -> [UInt8] {
    precondition(
      planes.rows == names.count && planes.rows > 0, "\(names.count) of \(planes.rows)")
    return unsafe [UInt8](unsafeUninitializedCapacity: planes.columns) { out, count in
      // SAFETY: the planes lie inside their matrix, each has a name, and `out` has their pixels.
      unsafe table.pointee.labels(
        planes.rows, planes.columns, planes.base, planes.stride, names, out.baseAddress)
      count = planes.columns
    }
  }

  /// How unsure probabilities are of their class, 0…1.
  package enum Uncertainty: String, Sendable, Hashable, Codable, CaseIterable {
    /// 1 − (largest − second).
    case margin
    /// The entropy, divided by that of equal probabilities.
    case entropy
    /// 1 − largest.
    case least
  }

  /// The uncertainty of each pixel, `[classes, pixels] → [1, pixels]`.
  package func uncertainty(
    _ kind: Uncertainty, of planes: MatrixView, into out: MutableMatrixView
  ) {
    precondition(
      out.rows == 1 && out.columns == planes.columns && planes.rows > 0,
      "[\(planes.rows), \(planes.columns)] → [\(out.rows), \(out.columns)]")
    let kind =
      switch kind {
      case .margin: UNCERTAINTY_MARGIN
      case .entropy: UNCERTAINTY_ENTROPY
      case .least: UNCERTAINTY_LEAST
      }
    // SAFETY: blocks inside their matrices, of the shapes checked above; `out` is ours to write.
    unsafe table.pointee.uncertainty(
      kind, planes.rows, planes.columns, planes.base, planes.stride, out.base)
  }

  /// `⌊255 · value + ½⌋` of values in 0…1, row after row.
  package func bytes(of planes: MatrixView) -> [UInt8] {
    unsafe [UInt8](unsafeUninitializedCapacity: planes.rows * planes.columns) { out, count in
      for row in 0..<planes.rows {
        // SAFETY: the row lies inside its matrix, and `out` has room for all.
        unsafe table.pointee.bytes(
          planes.columns, planes.base + row * planes.stride,
          out.baseAddress.map { unsafe $0 + row * planes.columns })
      }
      count = planes.rows * planes.columns
    }
  }
}

// MARK: - Guided filter

extension ScoreKernels {
  /// The means over squares of side `2 · radius + 1`, cut off at the edges, for some rows.
  ///
  /// Each of the pictures is `[1, height · width]`. The mean of `source`, or of `source · factor`,
  /// is written into `out`, or with `onto`, `out · onto` plus the mean. `source` is not `out`.
  package func box(
    _ source: MatrixView, times factor: MatrixView? = nil, onto: MatrixView? = nil,
    width: Int, radius: Int, rows: Range<Int>, into out: MutableMatrixView
  ) {
    let pictures = [source, out.view] + [factor, onto].compactMap { $0 }
    precondition(
      width > 0 && radius >= 0 && source.columns % width == 0
        && pictures.allSatisfy { $0.rows == 1 && $0.columns == source.columns }
        && rows.lowerBound >= 0 && rows.upperBound * width <= source.columns,
      "\(rows) of \(source.columns) pixels of width \(width)")
    let scratch = DoubleMatrix(rows: 1, columns: width)
    // SAFETY: four pictures of the shape checked above, and a double of scratch for each column.
    unsafe table.pointee.box(
      source.columns / width, width, radius, rows.lowerBound, rows.upperBound, source.base,
      factor?.base, onto?.base, out.base, scratch.base)
    withExtendedLifetime((source, factor, onto, scratch)) {}
  }

  /// Makes means of squares `1 / (variance + epsilon)`, given the means; both `[1, pixels]`.
  package func inverseVariance(mean: MatrixView, epsilon: Float, squares: MutableMatrixView) {
    precondition(
      mean.rows == 1 && squares.rows == 1 && mean.columns == squares.columns && epsilon > 0,
      "\(mean.columns) pixels, ε = \(epsilon)")
    // SAFETY: two rows of one length, checked above; the second is ours to write.
    unsafe table.pointee.inverse_variance(mean.columns, mean.base, epsilon, squares.base)
    withExtendedLifetime(mean) {}
  }

  /// The slope and the offset of a guided filter, in place of the means of `I · p` and of `p`.
  ///
  /// All are `[1, pixels]`; `inverse` is `1 / (var I + ε)`. Source: He et al. 2013, eq. 5–6.
  package func guide(
    mean: MatrixView, inverse: MatrixView, meanOfP: MutableMatrixView,
    meanOfProduct: MutableMatrixView
  ) {
    precondition(
      [mean, inverse, meanOfP.view, meanOfProduct.view].allSatisfy {
        $0.rows == 1 && $0.columns == mean.columns
      }, "\(mean.columns) pixels")
    // SAFETY: four rows of one length, checked above; the last two are ours to write.
    unsafe table.pointee.guide(
      mean.columns, mean.base, inverse.base, meanOfP.base, meanOfProduct.base)
    withExtendedLifetime((mean, inverse)) {}
  }
}
