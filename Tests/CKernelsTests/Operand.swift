import Support

/// Kinds of operands, by the ends of kernels' names.
enum Kind: String, CaseIterable, Sendable {
  case float16, split16

  var parts: Int { self == .float16 ? 1 : 2 }
  /// What one rounding to halves, or to pairs of them, may cost relative to the values' norm.
  var bound: Double { self == .float16 ? 4e-4 : 1e-6 }
}

/// A matrix of halves as kernels take it.
final class Operand {
  let kind: Kind
  let rows: Int
  let columns: Int
  let memory: CardMemory<UInt16>

  init(_ kind: Kind, rows: Int, columns: Int) {
    (self.kind, self.rows, self.columns) = (kind, rows, columns)
    memory = CardMemory(count: rows * columns * kind.parts)
  }

  /// Random values of mean 0.
  init(_ kind: Kind, rows: Int, columns: Int, deviation: Float, _ numbers: inout SeededNumbers) {
    (self.kind, self.rows, self.columns) = (kind, rows, columns)
    memory = CardMemory(count: rows * columns * kind.parts)
    for row in 0..<rows {
      for column in 0..<columns { self[row, column] = .normal(deviation, &numbers) }
    }
  }

  var address: UInt64 { memory.address }

  subscript(row: Int, column: Int) -> Float {
    get { Float(exact(row, column)) }
    set {
      let at = row * columns * kind.parts + column
      let high = Float16(newValue)
      memory[at] = high.bitPattern
      if kind == .split16 {
        memory[at + columns] = Float16((newValue - Float(high)) * 2048).bitPattern
      }
    }
  }

  /// The value that kernels compute with.
  func exact(_ row: Int, _ column: Int) -> Double {
    let at = row * columns * kind.parts + column
    let high = Double(Float16(bitPattern: memory[at]))
    guard kind == .split16 else { return high }
    return high + Double(Float16(bitPattern: memory[at + columns])) / 2048
  }

  /// Row after row.
  var values: [Double] {
    (0..<rows * columns).map { exact($0 / columns, $0 % columns) }
  }

  /// The halves of some rows.
  func bits(_ range: Range<Int>) -> [UInt16] {
    Array(
      memory.values[
        range.lowerBound * columns * kind.parts..<range.upperBound * columns * kind.parts])
  }
}

extension Float {
  /// Nearly normal: the sum of four uniform numbers.
  static func normal(_ deviation: Float, _ numbers: inout SeededNumbers) -> Float {
    let sum = (0..<4).reduce(Float(0)) { sum, _ in
      sum + Float.random(in: -0.5...0.5, using: &numbers)
    }
    return sum * 1.732 * deviation
  }
}

extension [Float] {
  static func normal(_ count: Int, _ deviation: Float, _ numbers: inout SeededNumbers) -> [Float] {
    (0..<count).map { _ in .normal(deviation, &numbers) }
  }
}
