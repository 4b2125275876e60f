import CKernelEmulator
import CKernels
import Foundation
import Support
import Testing

/// What a card does row by row: pixels of patches, norms, results.
@Suite("Kernels: rows") struct RowsTests {
  /// Around the eight rows of a block.
  static let rows = [1, 7, 8, 9, 65]

  /// Random rows of the residual stream, and the norm's weights.
  struct Stream {
    let rows: Int
    let columns: Int
    let x: CardMemory<Float>
    let weight: CardMemory<Float>
    let bias: CardMemory<Float>

    init(rows: Int, columns: Int) {
      (self.rows, self.columns) = (rows, columns)
      var numbers = SeededNumbers(seed: rows)
      x = CardMemory([Float].normal(rows * columns, 3, &numbers).map { $0 + 1 })
      weight = CardMemory(.normal(columns, 1, &numbers))
      bias = CardMemory(.normal(columns, 1, &numbers))
    }

    func exact(_ row: Int) -> [Double] {
      (0..<columns).map { Double(x[row * columns + $0]) }
    }

    func normed(_ row: Int) -> [Double] {
      let values = exact(row)
      let mean = values.reduce(0, +) / Double(columns)
      let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(columns)
      return values.enumerated().map {
        ($1 - mean) / (variance + 1e-6).squareRoot() * Double(weight[$0]) + Double(bias[$0])
      }
    }
  }

  @Test(arguments: Kind.allCases, rows)
  func `rows are normed as in float64, to the operands' rounding`(kind: Kind, rows: Int) {
    for columns in [64, 136, 384, 1536, 4096] where rows < 20 || columns < 400 {
      let stream = Stream(rows: rows, columns: columns)
      let y = Operand(kind, rows: rows, columns: columns)
      let flags = CardMemory<UInt32>([0])
      var p = norm_arguments()
      (p.x, p.weight, p.bias) = (stream.x.address, stream.weight.address, stream.bias.address)
      (p.y, p.flags) = (y.address, flags.address)
      (p.rows, p.columns, p.tokens) = (UInt32(rows), UInt32(columns), UInt32(rows))
      p.epsilon = 1e-6
      #expect(launch("norm_\(kind)", ((rows + 7) / 8, 1, 1), p) == EMULATOR_DONE)
      #expect(relativeError(y.values, (0..<rows).flatMap(stream.normed)) <= kind.bound)
      #expect(flags.values == [0])
    }
  }

  @Test(arguments: [false, true], [false, true])
  func `results are normed rows of some tokens, or these as they are`(isNormed: Bool, isHalf: Bool)
  {
    let (views, tokens, columns, pitch) = (3, 11, 136, 300)
    let stream = Stream(rows: views * tokens, columns: columns)
    var p = finish_arguments()
    p.x = stream.x.address
    if isNormed { (p.weight, p.bias) = (stream.weight.address, stream.bias.address) }
    (p.views, p.tokens, p.start, p.count) = (UInt32(views), UInt32(tokens), 5, 6)
    (p.columns, p.pitch, p.epsilon) = (UInt32(columns), UInt32(pitch), 1e-6)
    p.half = isHalf ? 1 : 0
    let halves = CardMemory<UInt16>(count: views * 6 * pitch)
    let floats = CardMemory<Float>(count: views * 6 * pitch)
    p.y = isHalf ? halves.address : floats.address
    #expect(launch("finish_norm", ((views * 6 + 7) / 8, 1, 1), p) == EMULATOR_DONE)
    var (found, exact): ([Double], [Double]) = ([], [])
    for row in 0..<views * 6 {
      let source = row / 6 * tokens + 5 + row % 6
      exact += isNormed ? stream.normed(source) : stream.exact(source)
      found += (row * pitch..<row * pitch + columns).map {
        isHalf ? Double(Float16(bitPattern: halves[$0])) : Double(floats[$0])
      }
    }
    #expect(relativeError(found, exact) <= (isHalf ? 4e-4 : 1e-6))
    #expect(isHalf ? halves[columns] == 0xffff : floats[columns].isNaN, "between rows")
  }

  @Test(arguments: Kind.allCases, 0..<3)
  func `facets are queries, keys and values in their order, turned back`(kind: Kind, part: Int) {
    let (views, tokens, dim) = (2, 9, 128)
    var numbers = SeededNumbers(seed: part)
    let qkv = Operand(
      kind, rows: views * tokens, columns: 3 * dim, deviation: 1, &numbers)
    let angles = (0..<tokens * 32).map { _ in Double.random(in: -4...4, using: &numbers) }
    let turns = CardMemory<Float>(angles.flatMap { [Float(cos($0)), Float(sin($0))] })
    let y = CardMemory<Float>(count: views * 4 * dim)
    for isTurned in [false, true] {
      var p = finish_arguments()
      (p.qkv, p.y) = (qkv.address, y.address)
      p.rotation = isTurned ? turns.address : 0
      (p.views, p.tokens, p.start, p.count) = (UInt32(views), UInt32(tokens), 5, 4)
      (p.columns, p.pitch, p.part) = (UInt32(dim), UInt32(dim), UInt32(part))
      #expect(launch("finish_facet_\(kind)", (1, 1, 1), p) == EMULATOR_DONE)
      let exact = (0..<views * 4).flatMap { row in
        let token = 5 + row % 4
        let values = (0..<dim).map { qkv.exact(row / 4 * tokens + token, part * dim + $0) }
        return isTurned && part < 2
          ? turnedBack(values, by: Array(angles[token * 32..<token * 32 + 32])) : values
      }
      #expect(relativeError(y.values.map { Double($0) }, exact) <= 1e-6)
    }
  }

  @Test
  func `the mean is that of a view's patches`() {
    let (views, tokens, columns) = (2, 70, 72)
    let stream = Stream(rows: views * tokens, columns: columns)
    let y = CardMemory<Float>(count: views * columns)
    var p = mean_arguments()
    (p.x, p.y) = (stream.x.address, y.address)
    (p.tokens, p.prefix, p.columns) = (UInt32(tokens), 5, UInt32(columns))
    #expect(launch("mean", ((columns + 31) / 32, views, 1), p) == EMULATOR_DONE)
    let exact = (0..<views * columns).map { at in
      (5..<tokens).reduce(0) {
        $0 + Double(stream.x[(at / columns * tokens + $1) * columns + at % columns])
      } / Double(tokens - 5)
    }
    #expect(relativeError(y.values.map { Double($0) }, exact) <= 1e-7)
  }
}

/// Heads' pairs of neighbours as values i and i + 32, turned back by angles, `[32]`.
func turnedBack(_ values: [Double], by angles: [Double]) -> [Double] {
  var result = values
  for at in stride(from: 0, to: values.count, by: 2) {
    let (a, b, angle) = (values[at], values[at + 1], angles[at % 64 / 2])
    let place = at / 64 * 64 + at % 64 / 2
    result[place] = a * cos(angle) + b * sin(angle)
    result[place + 32] = b * cos(angle) - a * sin(angle)
  }
  return result
}
