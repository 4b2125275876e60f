import Foundation
import LinearAlgebra
import Support
import Testing

/// Each set of kernels that this CPU runs, against plain loops in double precision.
@Suite("Encoder kernels") struct EncoderKernelsTests {
  /// Every remainder of every register length, then the widths of models.
  static let widths = Array(1...70) + [127, 128, 384, 457, 1536]
  static let sets = EncoderKernels.all.indices
  private static let rows = 3

  /// Numbers of several sizes, some of them zero.
  private func mixed(_ count: Int, _ chance: inout SeededNumbers) -> [Float] {
    (0..<count).map { _ in
      let size: Float = [0, 1e-6, 0.01, 1, 1, 1, 4, 30][chance.below(8)]
      return Float.random(in: -1...1, using: &chance) * size
    }
  }

  private func gelu(_ t: Double) -> Double { t * 0.5 * erfc(-t / 2.0.squareRoot()) }

  private func silu(_ t: Double) -> Double { t / (1 + exp(-t)) }

  @Test func `the sets hold the one in use and end with the one for every CPU`() {
    #expect(EncoderKernels.all.contains { $0.name == EncoderKernels.current.name })
    #expect(EncoderKernels.all.last?.name == "baseline")
    #expect(Set(EncoderKernels.all.map(\.name)).count == EncoderKernels.all.count)
  }

  /// Rows of a standard deviation σ around a mean: |Δ| ≤ 1e-6 · (1 + |mean| / σ) · weight.
  @Test(arguments: sets, widths)
  func `layer norm equals a plain loop`(set: Int, width: Int) {
    var chance = SeededNumbers(seed: width)
    for (mean, size) in [(0, 1), (0, 1e4), (3, 0.01), (-50, 2), (0, 0), (7, 0)] as [(Float, Float)]
    {
      let x = chance.floats(3 * width, upTo: size).map { $0 + mean }
      let (weight, bias) = (chance.floats(width, upTo: 2), chance.floats(width))
      let (source, target) = (FramedBlock(3, width, x), FramedBlock(3, width))
      EncoderKernels.all[set].normalise(
        source.view, into: target.all, weight: .row(weight), bias: .row(bias), epsilon: 1e-6)
      var expected: [Double] = []
      var allowance: [Double] = []
      for row in 0..<3 {
        let line = x[row * width..<(row + 1) * width].map { Double($0) }
        let mean = line.reduce(0, +) / Double(width)
        let variance = line.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
        let scale = 1 / (variance + 1e-6).squareRoot()
        for column in 0..<width {
          expected.append(
            (line[column] - mean) * scale * Double(weight[column]) + Double(bias[column]))
          allowance.append(1e-6 * (1 + abs(mean) * scale) * 2)
        }
      }
      #expect(worst(target.values, expected) { allowance[$0] } <= 1, "mean \(mean), size \(size)")
      #expect(target.isFrameIntact && source.isFrameIntact && source.values == x)
    }
  }

  @Test(arguments: sets, widths)
  func `a bias is added exactly`(set: Int, width: Int) {
    var chance = SeededNumbers(seed: width)
    let (x, bias) = (mixed(3 * width, &chance), mixed(width, &chance))
    let block = FramedBlock(3, width, x)
    EncoderKernels.all[set].add(.row(bias), to: block.all)
    #expect(block.values == x.indices.map { x[$0] + bias[$0 % width] })
    #expect(block.isFrameIntact)
  }

  /// |Δ| ≤ 1.5e-7 · |t|: Φ to two units of single precision.
  @Test(arguments: sets, widths)
  func `GELU equals a plain loop`(set: Int, width: Int) {
    var chance = SeededNumbers(seed: width)
    let (x, bias) = (mixed(3 * width, &chance), mixed(width, &chance))
    let block = FramedBlock(3, width)
    EncoderKernels.all[set].end(x, .gelu, adding: bias, into: block.all)
    let t = x.indices.map { Double(x[$0] + bias[$0 % width]) }
    #expect(worst(block.values, t.map(gelu)) { 1.5e-7 * abs(t[$0]) + 1e-45 } <= 1)
    #expect(block.isFrameIntact)
  }

  @Test(arguments: sets)
  func `GELU keeps its bound over all arguments`(set: Int) {
    let fine = (-160_000...160_000).map { Float($0) / 16_384 }
    let wide = (-120...120).flatMap { [Float(sign: .plus, exponent: $0, significand: 1.37)] }
    let t = fine + wide + wide.map { -$0 }
    let block = MutableMatrix(rows: t.count, columns: 1)
    EncoderKernels.all[set].end(t, .gelu, adding: [0], into: block.all)
    let error = worst(block.values, t.map { gelu(Double($0)) }) { abs(Double(t[$0])) + 1e-45 }
    print("GELU, \(EncoderKernels.all[set].name): |Δ| ≤ \(error) · |t|")
    #expect(error <= 1.5e-7)
  }

  @Test(
    arguments: [
      (-3, -0.004049694), (-1, -0.158655254), (-0.5, -0.154268769), (0, 0), (0.5, 0.345731231),
      (1, 0.841344746), (3, 2.995950306),
    ] as [(Float, Float)])
  func `GELU gives the published values`(t: Float, expected: Float) {
    for kernels in EncoderKernels.all {
      let block = MutableMatrix(rows: 1, columns: 1)
      kernels.end([t], .gelu, adding: [0], into: block.all)
      #expect(abs(block[0, 0] - expected) <= 3e-7)
    }
  }

  /// |Δ| ≤ 4e-7 · |a| · |b|, with b's own rounding.
  @Test(arguments: sets, widths)
  func `SwiGLU equals a plain loop`(set: Int, width: Int) {
    var chance = SeededNumbers(seed: width)
    let (x, bias) = (mixed(6 * width, &chance), mixed(2 * width, &chance))
    let target = FramedBlock(3, width)
    EncoderKernels.all[set].end(x, .swiglu, adding: bias, into: target.all)
    let pairs = (0..<3 * width).map { index in
      let (row, column) = (index / width, index % width)
      let start = row * 2 * width + column
      return (
        Double(x[start] + bias[column]), Double(x[start + width] + bias[width + column])
      )
    }
    let expected = pairs.map { silu($0.0) * $0.1 }
    #expect(
      worst(target.values, expected) { 4e-7 * abs(pairs[$0].0 * pairs[$0].1) + 1e-37 } <= 1)
    #expect(target.isFrameIntact)
  }

  @Test(arguments: sets)
  func `SiLU keeps its bound over all arguments`(set: Int) {
    let fine = (-200_000...200_000).map { Float($0) / 2048 }
    let t = fine + [-1e30, -3e4, -128, -88, 88, 128, 3e4, 1e30, -1e-38, 1e-38]
    let target = MutableMatrix(rows: t.count, columns: 1)
    EncoderKernels.all[set].end(
      t.flatMap { [$0, 1] }, .swiglu, adding: [0, 0], into: target.all)
    let error = worst(target.values, t.map { silu(Double($0)) }) { abs(Double(t[$0])) + 1e-45 }
    print("SiLU, \(EncoderKernels.all[set].name): |Δ| ≤ \(error) · |t|")
    #expect(error <= 2.5e-7)
  }

  /// |Δ| ≤ 2e-7 of the sum of magnitudes, whether or not the CPU fuses the product.
  @Test(arguments: sets, widths)
  func `a branch returns to the residual as a plain loop does it`(set: Int, width: Int) {
    var chance = SeededNumbers(seed: width)
    let (x, y) = (mixed(3 * width, &chance), mixed(3 * width, &chance))
    let (bias, scale) = (mixed(width, &chance), mixed(width, &chance))
    let target = FramedBlock(3, width, x)
    EncoderKernels.all[set].end(
      y, .residual(scale: .row(scale)), adding: bias, into: target.all)
    var expected: [Double] = []
    var allowance: [Double] = []
    for index in x.indices {
      let (b, s) = (Double(bias[index % width]), Double(scale[index % width]))
      expected.append(Double(x[index]) + s * (Double(y[index]) + b))
      allowance.append(abs(Double(x[index])) + abs(s) * (abs(Double(y[index])) + abs(b)))
    }
    #expect(worst(target.values, expected) { 2e-7 * allowance[$0] + 1e-45 } <= 1)
    #expect(target.isFrameIntact)
  }
}

extension EncoderKernels {
  /// What a layer makes of products that are `x` itself, `[n, bias.count]`, in float32.
  fileprivate func end(
    _ x: [Float], _ end: PackedLayer.End, adding bias: [Float], into y: MutableMatrixView
  ) {
    let identity = MutableMatrix(rows: bias.count, columns: bias.count)
    for index in bias.indices { identity[index, index] = 1 }
    let layer = PackedLayer(identity.frozen(), bias: .row(bias), end: end, kernels: self)
    layer(
      Matrix(rows: y.rows, columns: bias.count, x).all, into: y, .float32,
      scratch: MutableMatrix(rows: 0, columns: 0))
  }
}
