import LinearAlgebra
import Testing

/// Each set of kernels that this CPU runs, against plain loops.
@Suite("Row kernels") struct RowKernelsTests {
  /// Around every block and register length.
  static let lengths = [1, 3, 15, 16, 17, 63, 64, 65, 70, 128, 200, 384]

  private func numbers(_ rows: Int, _ columns: Int, _ seed: Int) -> Matrix {
    Matrix(
      rows: rows, columns: columns,
      (0..<rows * columns).map { Float(($0 * 7919 + seed * 104_729) % 1009) / 504.5 - 1 })
  }

  @Test(arguments: RowKernels.all.indices, lengths)
  func `blocks are combined as a plain loop does`(set: Int, dim: Int) {
    let kernels = RowKernels.all[set]
    for count in [0, 1, 2, 5, 17] {
      for isCentred in [false, true] {
        let sources = (0..<count).map { numbers(4, dim, $0) }
        let weights = (0..<count).map { Float($0 + 1) * 0.25 }
        let centre = isCentred ? numbers(1, dim, 99) : nil
        let out = MutableMatrix(rows: 3, columns: dim, numbers(3, dim, 5).values)
        kernels.combine(
          sources.map { $0[rows: 1..<4] }, weights: weights, centre: centre, into: out.all)
        for row in 0..<3 {
          for column in 0..<dim {
            let expected = zip(sources, weights).reduce(0.0) {
              $0 + Double($1.1) * Double($1.0[row + 1, column] - (centre?[0, column] ?? 0))
            }
            #expect(abs(Double(out[row, column]) - expected) <= 1e-5)
          }
        }
      }
    }
  }

  @Test(arguments: RowKernels.all.indices, lengths)
  func `lines are expanded as a plain loop does, repeated or not`(set: Int, dim: Int) {
    let kernels = RowKernels.all[set]
    let lines = numbers(6, dim, 1)
    let rows: [[(cell: Int, weight: Float)]] = [
      [(0, 1)], [(0, 1)], [], [], [(0, 0.5), (5, 0.5)], [(0, 0.5), (5, 0.5)],
      [(0, 0.25), (5, 0.75)], [(1, 0.25), (5, 0.75)], [(5, 0.75)], [(2, 1), (3, 0), (4, -2)],
    ]
    var mixture = SparseRows()
    for row in rows {
      for (cell, weight) in row { mixture.append(cell: cell, weight: weight) }
      mixture.endRow()
    }
    // A target with a margin, which must stay.
    let out = MutableMatrix(rows: rows.count, columns: dim + 2)
    out.all.fill(9)
    kernels.expand(
      lines.all, by: mixture, into: out[rows: 0..<rows.count, columns: 1..<dim + 1])
    for (index, row) in rows.enumerated() {
      #expect(out[index, 0] == 9 && out[index, dim + 1] == 9)
      for column in 0..<dim {
        let expected = row.reduce(0.0) { $0 + Double($1.weight) * Double(lines[$1.cell, column]) }
        #expect(abs(Double(out[index, column + 1]) - expected) <= 1e-5)
      }
    }
  }

  private func halves(_ values: [Float], _ kernels: RowKernels) -> [UInt16] {
    var bytes: [UInt8] = []
    kernels.appendHalves(of: Matrix(rows: 1, columns: values.count, values).all, to: &bytes)
    return stride(from: 0, to: bytes.count, by: 2).map {
      UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8
    }
  }

  /// The value of a half by its definition: sign, exponent of bias 15, fraction of 10 bits.
  private func value(_ half: UInt16) -> Double {
    let (exponent, fraction) = (Int(half >> 10 & 31), Double(half & 1023))
    let sign = half >> 15 == 1 ? -1.0 : 1
    if exponent == 31 { return fraction == 0 ? sign * .infinity : .nan }
    let significand = exponent == 0 ? fraction / 1024 : 1 + fraction / 1024
    return sign * scalbn(significand, max(exponent, 1) - 15)
  }

  private func scalbn(_ value: Double, _ exponent: Int) -> Double {
    value * Double(sign: .plus, exponent: exponent, significand: 1)
  }

  @Test(arguments: RowKernels.all.indices)
  func `every half comes back from its own value`(set: Int) throws {
    let all = (0...UInt16.max).map { $0 }
    let found = halves(all.map { Float(value($0)) }, RowKernels.all[set])
    for (half, back) in zip(all, found) {
      if value(half).isNaN {
        try #require(value(back).isNaN)
      } else {
        try #require(back == half)
      }
    }
  }

  @Test(arguments: RowKernels.all.indices)
  func `every half becomes its own value`(set: Int) throws {
    let all = (0...UInt16.max).map { $0 }
    let matrix = HalfMatrix(
      rows: 256, columns: 256, littleEndian: all.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] })
    for (half, found) in zip(all, matrix.widened(by: RowKernels.all[set]).values) {
      if value(half).isNaN {
        try #require(found.isNaN)
      } else {
        try #require(Double(found) == value(half) && (found.sign == .minus) == (half >> 15 == 1))
      }
    }
  }

  @Test(arguments: RowKernels.all.indices)
  func `floats between two halves go to the nearer, from midway to the even`(set: Int) throws {
    for sign: UInt16 in [0, 0x8000] {
      let lower = (0..<UInt16(0x7bff)).map { $0 | sign }
      let middles = lower.map { Float((value($0) + value($0 + 1)) / 2) }
      let found = halves(middles, RowKernels.all[set])
      let inward = halves(
        middles.map { $0.magnitude.nextDown * ($0 < 0 ? -1 : 1) }, RowKernels.all[set])
      let outward = halves(
        middles.map { $0.magnitude.nextUp * ($0 < 0 ? -1 : 1) }, RowKernels.all[set])
      for (i, half) in lower.enumerated() {
        try #require(found[i] == half + (half & 1))
        try #require(inward[i] == half)
        try #require(outward[i] == half + 1)
      }
    }
  }

  @Test(arguments: RowKernels.all.indices)
  func `what a half cannot hold becomes infinite, zero or not a number`(set: Int) {
    let found = halves(
      [
        65504, 65519.996, 65520, 1e30, .infinity, -65520, -.infinity, 0, -0.0, 1e-30, -1e-30,
        .leastNonzeroMagnitude, 2.9802322e-8, 2.9802326e-8, .nan, -.nan, .signalingNaN,
      ], RowKernels.all[set])
    #expect(
      found.prefix(14) == [
        0x7bff, 0x7bff, 0x7c00, 0x7c00, 0x7c00, 0xfc00, 0xfc00, 0, 0x8000, 0, 0x8000, 0, 0, 1,
      ])
    #expect(found.suffix(3).allSatisfy { $0 & 0x7fff > 0x7c00 })
  }

  @Test(arguments: RowKernels.all.indices)
  func `any float's half is nearest to it`(set: Int) throws {
    var bits: UInt32 = 1
    let values = (0..<100_000).map { _ -> Float in
      bits = bits &* 1_664_525 &+ 1_013_904_223
      // Exponents around what halves hold.
      return Float(bitPattern: bits & 0x807f_ffff | (100 + (bits >> 24) % 48) << 23)
    }
    for (x, half) in zip(values, halves(values, RowKernels.all[set])) {
      let error = abs(value(half) - Double(x))
      let magnitude = half & 0x7fff
      guard magnitude < 0x7c00 else {
        try #require(abs(x) >= 65520)
        continue
      }
      if magnitude > 0 { try #require(error <= abs(value(half - 1) - Double(x))) }
      if magnitude < 0x7bff { try #require(error <= abs(value(half + 1) - Double(x))) }
    }
  }

  @Test func `rows are gathered in the order asked for`() {
    let source = Matrix(rows: 3, columns: 2, [1, 2, 3, 4, 5, 6])
    #expect(gather([2, 0, 2], of: source).values == [5, 6, 1, 2, 5, 6])
  }
}
