import Foundation
import LinearAlgebra
import Support
import Testing

/// Linear layers of each set of kernels that this CPU runs, against plain loops in double
/// precision.
@Suite("Packed layers") struct PackedLayerTests {
  struct Shape: Sendable, CustomTestStringConvertible {
    let rows, depth, columns: Int

    var testDescription: String { "[\(rows), \(depth)] to \(columns)" }
  }

  /// Every remainder of rows, columns around every panel's width, depths odd and even, and weights
  /// that are taken in several groups.
  static let shapes: [Shape] =
    (1...28).flatMap { rows in
      [1, 2, 7, 33, 64].map { depth in
        let columns = [1, 2, 15, 16, 17, 31, 32, 47, 48, 49, 95, 96, 97, 145]
        return Shape(
          rows: rows, depth: depth, columns: columns[(rows * 5 + depth) % columns.count])
      }
    } + [
      Shape(rows: 31, depth: 384, columns: 384), Shape(rows: 19, depth: 1537, columns: 211),
      Shape(rows: 3, depth: 1536, columns: 384), Shape(rows: 1, depth: 588, columns: 384),
    ]

  enum Kind: CaseIterable { case bias, gelu, swiglu, residual }

  /// A layer's operands, and what it should make of them.
  private struct Case {
    let shape: Shape
    let kind: Kind
    let x, weight, bias, scale, before: [Float]

    init(_ shape: Shape, _ kind: Kind) {
      (self.shape, self.kind) = (shape, kind)
      var chance = SeededNumbers(seed: shape.rows * 7919 + shape.depth * 31 + shape.columns)
      let outputs = shape.columns * (kind == .swiglu ? 2 : 1)
      x = chance.floats(shape.rows * shape.depth, upTo: 2)
      weight = chance.floats(outputs * shape.depth)
      bias = chance.floats(outputs)
      scale = chance.floats(shape.columns)
      before = chance.floats(shape.rows * shape.columns)
    }

    func layer(_ kernels: EncoderKernels) -> PackedLayer {
      let end: PackedLayer.End =
        switch kind {
        case .bias: .bias
        case .gelu: .gelu
        case .swiglu: .swiglu
        case .residual: .residual(scale: .row(scale))
        }
      return PackedLayer(
        Matrix(rows: bias.count, columns: shape.depth, weight), bias: .row(bias), end: end,
        kernels: kernels)
    }

    /// Values and how far rounding may move each.
    func expected(_ precision: Precision) -> (values: [Double], allowance: [Double]) {
      let take = { (rows: [Float]) in
        switch precision {
        case .float32: rows.map { Double($0) }
        case .bfloat16: rows.map { Double(PackedLayerTests.rounded($0)) }
        case .int8: PackedLayerTests.quantised(rows, width: shape.depth)
        }
      }
      let (x, weight) = (take(x), take(weight))
      var (values, allowance) = ([Double](), [Double]())
      for row in 0..<shape.rows {
        let sum = { (output: Int) in
          var (sum, size) = (Double(bias[output]), abs(Double(bias[output])))
          for d in 0..<shape.depth {
            let product = x[row * shape.depth + d] * weight[output * shape.depth + d]
            sum += product
            size += abs(product)
          }
          return (sum, size * 6e-8 * (4 + Double(shape.depth).squareRoot() * 2))
        }
        for column in 0..<shape.columns {
          let (t, error) = sum(column)
          let index = row * shape.columns + column
          switch kind {
          case .bias: (values, allowance) = (values + [t], allowance + [error])
          case .gelu:
            values.append(t * 0.5 * erfc(-t / 2.0.squareRoot()))
            allowance.append(1.2 * error + 1e-6)
          case .swiglu:
            let (value, otherError) = sum(shape.columns + column)
            values.append(t / (1 + exp(-t)) * value)
            allowance.append(1.2 * error * abs(value) + abs(t) * (otherError + 1e-6 * abs(value)))
          case .residual:
            values.append(Double(before[index]) + Double(scale[column]) * t)
            allowance.append(error + 1e-6)
          }
        }
      }
      return (values, allowance)
    }

    /// The layer over the blocks of rows into which `borders` cut them.
    func result(_ kernels: EncoderKernels, _ precision: Precision, cutAt borders: [Int] = [])
      -> FramedBlock
    {
      let layer = layer(kernels)
      let (input, output) = (
        FramedBlock(shape.rows, shape.depth, x), FramedBlock(shape.rows, shape.columns, before)
      )
      let scratch = kernels.scratch(rows: shape.rows, inputs: shape.depth, precision)
      let ends = [0] + borders + [shape.rows]
      for (start, end) in zip(ends, ends.dropFirst()) {
        layer(
          input.view[rows: start..<end], into: output.all[rows: start..<end], precision,
          scratch: scratch)
      }
      return output
    }
  }

  @Test(arguments: Kind.allCases, Precision.allCases)
  func `layers of any shape equal plain loops`(kind: Kind, precision: Precision) {
    var largest = 0.0
    for shape in PackedLayerTests.shapes {
      let layerCase = Case(shape, kind)
      let (values, allowance) = layerCase.expected(precision)
      for kernels in EncoderKernels.all {
        let found = layerCase.result(kernels, precision)
        let error = worst(found.values, values) { allowance[$0] }
        largest = max(largest, error)
        #expect(error <= 1 && found.isFrameIntact, "\(kernels.name), \(shape.testDescription)")
      }
    }
    print("\(kind), \(precision): \(largest) of what is allowed")
  }

  @Test(arguments: EncoderKernels.all.indices, Precision.allCases)
  func `a row's result has the same bits in any block of rows`(set: Int, precision: Precision) {
    for kind in Kind.allCases {
      let layerCase = Case(Shape(rows: 41, depth: 101, columns: 149), kind)
      let kernels = EncoderKernels.all[set]
      let whole = layerCase.result(kernels, precision).values.map(\.bitPattern)
      for borders in [[1], [20], [9, 18, 27, 36], [5, 6, 40], Array(1..<41)] {
        let cut = layerCase.result(kernels, precision, cutAt: borders)
        #expect(cut.values.map(\.bitPattern) == whole, "\(kind), cut at \(borders)")
      }
    }
  }

  /// Rows as the nearest multiples of their largest magnitude / 127.
  private static func quantised(_ rows: [Float], width: Int) -> [Double] {
    stride(from: 0, to: rows.count, by: width).flatMap { start in
      let row = rows[start..<start + width]
      let largest = row.map(\.magnitude).max() ?? 0
      return row.map {
        Double(($0 * (127 / largest)).rounded(.toNearestOrEven)) * Double(largest / 127)
      }
    }
  }

  @Test func `int8 sums have the same bits in every set of kernels`() {
    for shape in PackedLayerTests.shapes {
      let layerCase = Case(shape, .bias)
      let found = EncoderKernels.all.map { kernels in
        layerCase.result(kernels, .int8).values.map(\.bitPattern)
      }
      #expect(Set(found).count == 1, "\(shape.testDescription)")
    }
  }

  /// A row of zeros has no largest magnitude to divide by, nor has one that is as good as zero.
  @Test(arguments: EncoderKernels.all.indices)
  func `int8 rows and weights of zeros give the bias`(set: Int) {
    for tiny: Float in [0, 1e-38, .leastNonzeroMagnitude] {
      for (x, weight) in [(tiny, Float(1)), (1, tiny)] {
        let layer = PackedLayer(
          .row([weight, weight, -weight]), bias: .row([0.5]), end: .bias,
          kernels: EncoderKernels.all[set])
        let y = MutableMatrix(rows: 1, columns: 1)
        layer(
          Matrix.row([x, x, x]).all, into: y.all, .int8,
          scratch: EncoderKernels.all[set].scratch(rows: 1, inputs: 3, .int8))
        #expect(y[0, 0] == 0.5, "\(x) · \(weight)")
      }
    }
  }

  /// A float32's nearest bfloat16, ties to even, found by its definition.
  private static func rounded(_ x: Float) -> Float {
    guard x.isFinite else { return x }
    let low = Float(bitPattern: x.bitPattern & 0xffff_0000)
    let high = Float(bitPattern: low.bitPattern &+ 0x1_0000)
    let (below, above) = (abs(Double(x) - Double(low)), abs(above(low) - abs(Double(x))))
    if below == above { return low.bitPattern & 0x1_0000 == 0 ? low : high }
    return below < above ? low : high
  }

  /// The magnitude one step of bfloat16 above, as if exponents had no end.
  private static func above(_ low: Float) -> Double {
    let exponent = max(low.magnitude.bitPattern >> 23, 1)
    return Double(low.magnitude) + exp2(Double(exponent) - 127 - 7)
  }

  /// Subnormal numbers are left out: processors take them for zero.
  @Test(arguments: EncoderKernels.all.indices)
  func `inputs and weights are rounded to the nearest, ties to even`(set: Int) throws {
    var bits: UInt32 = 5
    let any = (0..<60_000).map { _ -> Float in
      bits = bits &* 1_664_525 &+ 1_013_904_223
      return Float(bitPattern: bits)
    }
    let tied = (0..<5_000).map { Float(bitPattern: 0x0080_8000 + UInt32($0) * 0x6_0000) }
    let around = tied.flatMap { [$0, -$0, $0.nextUp, $0.nextDown] }
    let edges: [Float] = [
      0, -0.0, 1, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, .infinity, -.infinity,
    ]
    let x = (any + around + edges).filter { ($0.isNormal || $0 == 0 || $0.isInfinite) }
    let one = PackedLayer(
      .row([1]), bias: .row([0]), end: .bias, kernels: EncoderKernels.all[set])
    let y = MutableMatrix(rows: x.count, columns: 1)
    one(
      Matrix(rows: x.count, columns: 1, x).all, into: y.all, .bfloat16,
      scratch: EncoderKernels.all[set].scratch(rows: x.count, inputs: 1, .bfloat16))
    let weights = PackedLayer(
      Matrix(rows: x.count, columns: 1, x), bias: Matrix(rows: 1, columns: x.count), end: .bias,
      kernels: EncoderKernels.all[set])
    let z = MutableMatrix(rows: 1, columns: x.count)
    weights(
      Matrix.row([1]).all, into: z.all, .bfloat16,
      scratch: EncoderKernels.all[set].scratch(rows: 1, inputs: 1, .bfloat16))
    for (index, x) in x.enumerated() {
      let expected = PackedLayerTests.rounded(x)
      try #require(y[index, 0] == expected && z[0, index] == expected, "\(x)")
    }
  }

  @Test(arguments: EncoderKernels.all.indices)
  func `what is no number stays none`(set: Int) {
    let nan: [Float] = [
      .nan, -.nan, Float(bitPattern: 0x7f80_0001), Float(bitPattern: 0x7fff_ffff),
    ]
    for precision in Precision.allCases {
      let layer = PackedLayer(
        .row([1]), bias: .row([0]), end: .bias, kernels: EncoderKernels.all[set])
      let y = MutableMatrix(rows: nan.count, columns: 1)
      layer(
        Matrix(rows: nan.count, columns: 1, nan).all, into: y.all, precision,
        scratch: EncoderKernels.all[set].scratch(rows: nan.count, inputs: 1, precision))
      #expect(y.values.allSatisfy { $0.isNaN }, "\(precision)")
    }
  }

  @Test func `float32 is always native`() {
    #expect(Precision.float32.isNative)
    #expect(Precision.bfloat16.isNative == EncoderKernels.current.multipliesBFloat16)
    #expect(Precision.int8.isNative == EncoderKernels.current.multipliesInt8)
  }
}
