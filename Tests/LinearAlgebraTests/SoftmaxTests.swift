import Foundation
import LinearAlgebra
import Support
import Testing

/// The online softmax and the attention made of it, against plain softmaxes in double precision.
@Suite("Softmax") struct SoftmaxTests {
  static let sets = EncoderKernels.all.indices
  /// Around the borders of the tiles of 256 queries and 512 keys, and a whole image's tokens.
  static let counts = [1, 2, 255, 256, 257, 511, 512, 513, 1025, 1370]

  private func softmax(_ scores: [Double]) -> [Double] {
    let largest = scores.max() ?? 0
    let powers = scores.map { exp($0 - largest) }
    let total = powers.reduce(0, +)
    return powers.map { $0 / total }
  }

  /// The scaled scores of one query, `[keys]`.
  private func scores(_ query: [Float], _ keys: Matrix) -> [Double] {
    let scale = 1 / Double(query.count).squareRoot()
    return (0..<keys.rows).map { key in
      zip(query, keys.row(key)).reduce(0) { $0 + Double($1.0) * Double($1.1) } * scale
    }
  }

  @Test(arguments: sets)
  func `powers of two keep their relative bound`(set: Int) {
    let x = (0...500_000).map { -Float($0) / 3968 }
    let block = MutableMatrix.row(x)
    EncoderKernels.all[set].softmaxStep(
      block.all, running: MutableMatrix(rows: 2, columns: 1),
      output: MutableMatrix(rows: 1, columns: 1).all)
    let exact = x.map { exp2(Double($0)) }
    let error = worst(block.values, exact) { $0 <= 126 * 3968 ? exact[$0] : 1e30 }
    print("2^x, \(EncoderKernels.all[set].name): relative error \(error)")
    #expect(error <= 2.5e-7)
  }

  @Test(arguments: sets)
  func `powers below the smallest normal number vanish`(set: Int) {
    let block = MutableMatrix.row([0, -126, -127, -128, -1e4, -1e30, -.greatestFiniteMagnitude])
    EncoderKernels.all[set].softmaxStep(
      block.all, running: MutableMatrix(rows: 2, columns: 1),
      output: MutableMatrix(rows: 1, columns: 1).all)
    #expect(block[0, 1] > 0 && block.values.dropFirst(2).allSatisfy { $0 == 0 })
  }

  @Test(arguments: sets, Array(1...40) + [64, 65, 457])
  func `steps of any width make the softmax of all of them`(set: Int, width: Int) {
    var chance = SeededNumbers(seed: width)
    let (rows, columns) = (3, 5)
    let kernels = EncoderKernels.all[set]
    let running = MutableMatrix(rows: 2, columns: rows)
    running[rows: 0..<1].fill(-1e30)
    let output = FramedBlock(rows, columns, [Float](repeating: 0, count: rows * columns))
    var (all, values) = ([[Double]](repeating: [], count: rows), [[Float]]())
    // The second step raises the maximum, the third leaves it.
    for lift: Float in [0, 20, -5] {
      let tile = chance.floats(rows * width, upTo: 4).map { $0 + lift }
      let scores = FramedBlock(rows, width, tile)
      kernels.softmaxStep(scores.all, running: running, output: output.all)
      #expect(scores.isFrameIntact && output.isFrameIntact)
      let rowValues = (0..<width).map { _ in chance.floats(columns) }
      multiply(
        scores.view, by: Matrix(rows: width, columns: columns, rowValues.flatMap { $0 }).all,
        into: output.all, adding: true)
      values += rowValues
      for row in 0..<rows {
        all[row] += tile[row * width..<(row + 1) * width].map { Double($0) * log(2) }
      }
    }
    let result = FramedBlock(rows, columns)
    kernels.softmaxEnd(output.view, running: running, into: result.all)
    let expected = all.flatMap { line in
      let weights = softmax(line)
      return (0..<columns).map { column in
        zip(weights, values).reduce(0) { $0 + $1.0 * Double($1.1[column]) }
      }
    }
    #expect(worst(result.values, expected) <= 1e-6)
    #expect(result.isFrameIntact)
  }

  /// Queries, keys and values of `count` tokens side by side, as a model's projection leaves them.
  private func projections(_ count: Int, _ dim: Int, queriesUpTo size: Float) -> Matrix {
    var chance = SeededNumbers(seed: count * 1000 + dim)
    let values = (0..<count).flatMap { _ in
      chance.floats(dim, upTo: size) + chance.floats(dim, upTo: 2) + chance.floats(dim)
    }
    return Matrix(rows: count, columns: 3 * dim, values)
  }

  private func attend(
    _ qkv: Matrix, _ dim: Int, _ kernels: EncoderKernels, _ precision: Precision = .float32,
    shares: Int = 1
  ) -> FramedBlock {
    let result = FramedBlock(qkv.rows, dim)
    let attention = SoftmaxAttention(dim: dim, precision, kernels: kernels)
    for rows in SoftmaxAttention.queryBlocks(of: qkv.rows, sharedBy: shares).ranges {
      attention(
        qkv[rows: rows, columns: 0..<dim], qkv[rows: 0..<qkv.rows, columns: dim..<2 * dim],
        qkv[rows: 0..<qkv.rows, columns: 2 * dim..<3 * dim], into: result.all[rows: rows])
    }
    return result
  }

  /// |Δ| ≤ 3e-7 · (1 + the largest score): a score's rounding is a weight's relative error.
  @Test(arguments: counts, [1, 33, 64])
  func `attention equals a plain softmax`(count: Int, dim: Int) {
    let cases = EncoderKernels.all.flatMap { [($0, Float(2)), ($0, Float(200))] }
    for (kernels, size) in cases {
      let qkv = projections(count, dim, queriesUpTo: size)
      let result = attend(qkv, dim, kernels)
      #expect(result.isFrameIntact)
      let keys = gather(Array(0..<count), of: qkv.all[columns: dim..<2 * dim])
      let values = (0..<count).map { qkv.row($0).suffix(dim).map { Double($0) } }
      let found = result.values
      // All queries of small counts, and some of each block of large ones.
      for query in stride(from: 0, to: count, by: max(1, count / 40)) {
        let scores = scores(Array(qkv.row(query).prefix(dim)), keys)
        var expected = [Double](repeating: 0, count: dim)
        for (weight, value) in zip(softmax(scores), values) {
          for column in 0..<dim { expected[column] += weight * value[column] }
        }
        let allowance = 3e-7 * (1 + (scores.map { abs($0) }.max() ?? 0))
        #expect(
          worst(Array(found[query * dim..<(query + 1) * dim]), expected) <= allowance,
          "query \(query), \(kernels.name), queries up to \(size)")
      }
    }
  }

  /// A weight and a value are each rounded by up to 2⁻⁹, a score's two factors too.
  @Test(arguments: counts, [1, 33, 64])
  func `attention in bfloat16 equals a plain softmax to its precision`(count: Int, dim: Int) {
    for kernels in EncoderKernels.all {
      let qkv = projections(count, dim, queriesUpTo: 2)
      let result = attend(qkv, dim, kernels, .bfloat16)
      #expect(result.isFrameIntact)
      let keys = gather(Array(0..<count), of: qkv.all[columns: dim..<2 * dim])
      let values = (0..<count).map { qkv.row($0).suffix(dim).map { Double($0) } }
      let found = result.values
      for query in stride(from: 0, to: count, by: max(1, count / 40)) {
        let line = Array(qkv.row(query).prefix(dim))
        var expected = [Double](repeating: 0, count: dim)
        for (weight, value) in zip(softmax(scores(line, keys)), values) {
          for column in 0..<dim { expected[column] += weight * value[column] }
        }
        // Rounding errors of a score's terms add up as in a random walk.
        let error = worst(Array(found[query * dim..<(query + 1) * dim]), expected)
        #expect(error <= 0.03, "query \(query), \(kernels.name)")
      }
    }
  }

  /// A weight is rounded to 1/255 of the largest, a score's factors and a value to 1/127 of theirs.
  ///
  /// What all keys have in common changes nothing, since it is taken away before.
  @Test(arguments: counts, [1, 33, 64])
  func `attention in int8 equals a plain softmax to its precision`(count: Int, dim: Int) {
    for (kernels, common) in EncoderKernels.all.flatMap({ [($0, Float(0)), ($0, Float(50))] }) {
      let plain = projections(count, dim, queriesUpTo: 2)
      let qkv = MutableMatrix(rows: count, columns: 3 * dim)
      qkv.all.copy(plain.all)
      for row in 0..<count { for column in dim..<2 * dim { qkv[row, column] += common } }
      let result = attend(qkv.frozen(), dim, kernels, .int8)
      #expect(result.isFrameIntact)
      let keys = gather(Array(0..<count), of: plain.all[columns: dim..<2 * dim])
      let values = (0..<count).map { plain.row($0).suffix(dim).map { Double($0) } }
      let found = result.values
      var largest = 0.0
      for query in stride(from: 0, to: count, by: max(1, count / 8)) {
        let line = Array(plain.row(query).prefix(dim))
        var expected = [Double](repeating: 0, count: dim)
        for (weight, value) in zip(softmax(scores(line, keys)), values) {
          for column in 0..<dim { expected[column] += weight * value[column] }
        }
        largest = max(largest, worst(Array(found[query * dim..<(query + 1) * dim]), expected))
      }
      print("\(count) of \(dim), \(kernels.name), \(common): \(largest)")
      #expect(largest <= 0.01, "\(kernels.name), keys \(common) apart from zero")
    }
  }

  @Test(arguments: sets, Precision.allCases)
  func `what a query finds has the same bits in any block`(set: Int, precision: Precision) {
    for (count, dim) in [(257, 64), (531, 32), (41, 33)] {
      let qkv = projections(count, dim, queriesUpTo: 3)
      let kernels = EncoderKernels.all[set]
      let whole = attend(qkv, dim, kernels, precision).values.map(\.bitPattern)
      for shares in [2, 3, 4, 7, 40] {
        let cut = attend(qkv, dim, kernels, precision, shares: shares)
        #expect(cut.values.map(\.bitPattern) == whole, "\(count) queries, \(shares) shares")
      }
    }
  }

  @Test(arguments: sets)
  func `huge scores overflow nothing, and the largest takes all`(set: Int) {
    let (count, dim) = (600, 2)
    // Key k points at angle k, so query q's largest score is with key q.
    let qkv = MutableMatrix(rows: count, columns: 3 * dim)
    for token in 0..<count {
      let angle = Double(token) * 2 * .pi / Double(count)
      for (column, value) in [cos(angle), sin(angle)].enumerated() {
        qkv[token, column] = Float(value * 1e12)
        qkv[token, dim + column] = Float(value * 1e12)
      }
      qkv[token, 2 * dim] = Float(token)
      qkv[token, 2 * dim + 1] = 1
    }
    let found = attend(qkv.frozen(), dim, EncoderKernels.all[set]).values
    let expected = (0..<count * dim).map { $0 % dim == 0 ? Double($0 / dim) : 1 }
    #expect(worst(found, expected) { 3e-7 * max(expected[$0], 1) } <= 1)
  }

  @Test(arguments: counts, [1, 33, 64])
  func `the weights of one query equal a plain softmax and sum to one`(count: Int, dim: Int) {
    for kernels in EncoderKernels.all {
      let qkv = projections(count, dim, queriesUpTo: 8)
      let keys = gather(Array(0..<count), of: qkv.all[columns: dim..<2 * dim])
      let weights = FramedBlock(1, count)
      attentionWeights(
        of: qkv[rows: 0..<1, columns: 0..<dim], over: keys.all, into: weights.all,
        kernels: kernels)
      let expected = softmax(scores(Array(qkv.row(0).prefix(dim)), keys))
      #expect(worst(weights.values, expected) <= 5e-6)
      #expect(abs(weights.values.reduce(0.0) { $0 + Double($1) } - 1) <= 1e-6)
      #expect(weights.isFrameIntact)
    }
  }
}
