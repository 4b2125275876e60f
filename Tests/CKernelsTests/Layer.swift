import CKernelEmulator
import CKernels
import Support

/// A linear layer over random rows, its weights, and its sums in float64.
struct Layer {
  let kind: Kind
  let columns: Int
  let depth: Int
  let a: Operand
  let w: Operand
  let bias: CardMemory<Float>
  let scale: CardMemory<Float>
  let flags: CardMemory<UInt32>
  let tokens: Int

  /// `views` views of `tokens` rows.
  init(
    _ kind: Kind, tokens: Int, views: Int = 1, columns: Int = 136, depth: Int = 200, seed: Int = 1
  ) {
    (self.kind, self.columns, self.depth, self.tokens) = (kind, columns, depth, tokens)
    var numbers = SeededNumbers(seed: seed)
    w = Operand(kind, rows: columns, columns: depth, deviation: 0.06, &numbers)
    bias = CardMemory(.normal(columns, 1, &numbers))
    scale = CardMemory(.normal(columns, 1, &numbers))
    a = Operand(kind, rows: views * tokens, columns: depth, deviation: 1, &numbers)
    flags = CardMemory([UInt32](repeating: 0, count: views))
  }

  /// a · wᵀ + bias of one row.
  func sums(_ row: Int) -> [Double] {
    let x = (0..<depth).map { a.exact(row, $0) }
    return (0..<columns).map { column in
      (0..<depth).reduce(Double(bias[column])) { $0 + x[$1] * w.exact(column, $1) }
    }
  }

  var arguments: product_arguments {
    var p = product_arguments()
    (p.a, p.w, p.bias, p.scale) = (a.address, w.address, bias.address, scale.address)
    (p.rows, p.columns, p.depth) = (UInt32(a.rows), UInt32(columns), UInt32(depth))
    (p.tokens, p.flags) = (UInt32(tokens), flags.address)
    return p
  }

  /// Starts one launch, or one for each block of rows.
  func run(
    _ end: String, _ arguments: product_arguments, cut: Bool = false, seed: UInt64 = 1,
    planting fault: emulator_fault = FAULT_NONE
  ) -> emulator_outcome {
    let blocks = (a.rows + 127) / 128
    var outcome = EMULATOR_DONE
    for first in 0..<(cut ? blocks : 1) where outcome == EMULATOR_DONE {
      var p = arguments
      p.first = UInt32(first)
      outcome = launch(
        "product_\(end)_\(kind)", ((columns + 127) / 128, cut ? 1 : blocks, 1), p, seed: seed,
        planting: fault)
    }
    return outcome
  }

  /// The error of an end that writes an operand, with one value for each of so many columns.
  func error(
    _ end: String, of each: Int = 1, seed: UInt64 = 1, planting fault: emulator_fault = FAULT_NONE,
    _ exact: ([Double]) -> [Double] = { $0 }
  ) -> Double {
    let y = Operand(kind, rows: a.rows, columns: columns / each)
    var p = arguments
    p.y = y.address
    guard run(end, p, seed: seed, planting: fault) == EMULATOR_DONE else { return .infinity }
    return relativeError(y.values, (0..<a.rows).flatMap { exact(sums($0)) })
  }
}
