import CKernelEmulator
import CKernels
import Foundation
import Support
import Testing

/// Linear layers of a card, against sums of float64.
@Suite("Kernels: product") struct ProductTests {
  /// Around the borders of blocks.
  static let rows = [1, 63, 64, 65, 330]

  @Test(arguments: Kind.allCases, rows)
  func `any number of rows is a product of float64, to the operands' rounding`(
    kind: Kind, rows: Int
  ) {
    let layer = Layer(kind, tokens: rows)
    let error = layer.error("bias")
    print("product, \(kind), \(rows) rows: \(error)")
    #expect(error <= kind.bound)
    #expect(layer.flags.values == [0])
  }

  @Test(arguments: Kind.allCases)
  func `the activations are the published ones`(kind: Kind) {
    let layer = Layer(kind, tokens: 33, columns: 136, depth: 64)
    let ends: [(String, (Double) -> Double)] = [
      ("gelu", { $0 / 2 * (1 + erf($0 / 2.0.squareRoot())) }),
      (
        "tanh", { $0 / 2 * (1 + tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * pow($0, 3)))) }
      ),
      ("quick", { $0 / (1 + exp(-1.702 * $0)) }),
    ]
    for (end, activation) in ends {
      let error = layer.error(end) { $0.map(activation) }
      print("product, \(end), \(kind): \(error)")
      #expect(error <= kind.bound, "\(end)")
    }
    let gated = layer.error("swiglu", of: 2) { sums in
      stride(from: 0, to: sums.count, by: 2).map { (column: Int) -> Double in
        let (gate, value) = (sums[column], sums[column + 1])
        return gate / (1 + exp(-gate)) * value
      }
    }
    #expect(gated <= kind.bound)
  }

  @Test(arguments: Kind.allCases)
  func `a residual layer adds its scaled rows to the stream`(kind: Kind) {
    let layer = Layer(kind, tokens: 65)
    var numbers = SeededNumbers(seed: 2)
    let before: [Float] = .normal(65 * layer.columns, 1, &numbers)
    let x = CardMemory(before)
    var p = layer.arguments
    p.x = x.address
    #expect(layer.run("residual", p) == EMULATOR_DONE)
    let exact = (0..<65).flatMap { row in
      layer.sums(row).enumerated().map {
        Double(before[row * layer.columns + $0]) + Double(layer.scale[$0]) * $1
      }
    }
    #expect(relativeError(x.values.map { Double($0) }, exact) <= 1e-6)
  }

  @Test(arguments: Kind.allCases)
  func `an embedding puts patches behind their view's prefix, on their positions`(kind: Kind) {
    let (grid, prefix, views) = (33, 5, 2)
    let layer = Layer(kind, tokens: grid, views: views, columns: 64)
    var numbers = SeededNumbers(seed: 3)
    let places = CardMemory<Float>(.normal(grid * 64, 1, &numbers))
    let x = CardMemory<Float>(count: views * (grid + prefix) * 64)
    var p = layer.arguments
    (p.x, p.positions) = (x.address, places.address)
    (p.tokens, p.prefix) = (UInt32(grid + prefix), UInt32(prefix))
    #expect(layer.run("embed", p) == EMULATOR_DONE)
    var (found, exact): ([Double], [Double]) = ([], [])
    for row in 0..<views * grid {
      let at = (row / grid * (grid + prefix) + prefix + row % grid) * 64
      found += (at..<at + 64).map { Double(x[$0]) }
      exact += layer.sums(row).enumerated().map { Double(places[row % grid * 64 + $0]) + $1 }
    }
    #expect(relativeError(found, exact) <= 1e-6)
    #expect((0..<prefix * 64).allSatisfy { x[$0].isNaN }, "the prefix is not its own")
  }

  @Test(arguments: Kind.allCases)
  func `queries and keys are turned by their token's angles, values are not`(kind: Kind) {
    let (tokens, dim) = (21, 128)
    let layer = Layer(kind, tokens: tokens, views: 2, columns: 3 * dim, depth: 64)
    var numbers = SeededNumbers(seed: 4)
    let angles = (0..<tokens * 32).map { _ in Double.random(in: -4...4, using: &numbers) }
    let turns = CardMemory<Float>(angles.flatMap { [Float(cos($0)), Float(sin($0))] })
    let y = Operand(kind, rows: 2 * tokens, columns: 3 * dim)
    var p = layer.arguments
    (p.y, p.rotation, p.turned) = (y.address, turns.address, UInt32(2 * dim))
    #expect(layer.run("rotary", p) == EMULATOR_DONE)
    let exact = (0..<2 * tokens).flatMap { row in
      var sums = layer.sums(row)
      for column in stride(from: 0, to: 2 * dim, by: 2) {
        let angle = angles[row % tokens * 32 + column % 64 / 2]
        let (a, b) = (sums[column], sums[column + 1])
        sums[column] = a * cos(angle) - b * sin(angle)
        sums[column + 1] = b * cos(angle) + a * sin(angle)
      }
      return sums
    }
    #expect(relativeError(y.values, exact) <= kind.bound)
  }

  @Test(arguments: Kind.allCases)
  func `a view's bytes are the same alone, among others, and however launches are cut`(kind: Kind) {
    let (tokens, views) = (70, 3)
    let layer = Layer(kind, tokens: tokens, views: views)
    func bytes(_ rows: Range<Int>, cut: Bool, seed: UInt64) -> [UInt16] {
      let y = Operand(kind, rows: rows.count, columns: layer.columns)
      var p = layer.arguments
      p.a += UInt64(rows.lowerBound * layer.depth * kind.parts * 2)
      (p.y, p.rows) = (y.address, UInt32(rows.count))
      #expect(layer.run("gelu", p, cut: cut, seed: seed) == EMULATOR_DONE)
      return y.bits(0..<rows.count)
    }
    let all = bytes(0..<views * tokens, cut: false, seed: 1)
    #expect(bytes(0..<views * tokens, cut: true, seed: 2) == all)
    let last = (views - 1) * tokens..<views * tokens
    let width = layer.columns * kind.parts
    #expect(
      bytes(last, cut: false, seed: 3)
        == Array(all[last.lowerBound * width..<last.upperBound * width]))
  }

  @Test(arguments: Kind.allCases)
  func `values beyond the halves are the largest, and their view is told of`(kind: Kind) {
    let layer = Layer(kind, tokens: 20, views: 3, columns: 64, depth: 64)
    let y = Operand(kind, rows: 60, columns: 64)
    for column in 0..<64 { layer.a[25, column] = 60000 }
    for column in 0..<64 { layer.w[7, column] = column == 0 ? -3 : 0 }
    for column in 0..<64 { layer.w[8, column] = column == 0 ? 3 : 0 }
    var p = layer.arguments
    p.y = y.address
    #expect(layer.run("bias", p) == EMULATOR_DONE)
    #expect(y[25, 7] == -65504 && y[25, 8] == 65504)
    #expect(layer.flags.values == [0, 1, 0])
  }

  @Test(arguments: [
    FAULT_WRONG_SWIZZLE, FAULT_NO_SWIZZLE, FAULT_MISSING_DEPTH_MASK,
    FAULT_MISSING_BARRIER_AFTER_WAIT, FAULT_WAIT_FOR_TOO_FEW,
  ])
  func `a planted fault is found`(fault: emulator_fault) {
    let layer = Layer(.float16, tokens: 65)
    #expect(layer.error("bias", planting: fault) > 2 * Kind.float16.bound)
  }

  @Test
  func `rests that are not scaled back are found`() {
    let layer = Layer(.split16, tokens: 33)
    #expect(layer.error("bias", planting: FAULT_REST_NOT_SCALED) > 2 * Kind.split16.bound)
  }
}
