/// What a column or a parameter holds.
package enum SQLValue: Hashable, Sendable {
  case null
  case integer(Int)
  case real(Double)
  case text(String)
  case blob([UInt8])
}

extension SQLValue {
  package init(_ value: Int?) { self = value.map { .integer($0) } ?? .null }
  package init(_ value: String?) { self = value.map { .text($0) } ?? .null }
  package init(_ value: [UInt8]?) { self = value.map { .blob($0) } ?? .null }
}

/// A row of a result.
package struct SQLRow: Sendable {
  package let values: [SQLValue]

  package init(_ values: [SQLValue]) { self.values = values }

  package func integer(_ column: Int) -> Int? {
    if case .integer(let value) = values[column] { value } else { nil }
  }

  /// A number; databases give whole ones as integers.
  package func real(_ column: Int) -> Double? {
    switch values[column] {
    case .real(let value): value
    case .integer(let value): Double(value)
    case .null, .text, .blob: nil
    }
  }

  package func text(_ column: Int) -> String? {
    if case .text(let value) = values[column] { value } else { nil }
  }

  package func blob(_ column: Int) -> [UInt8]? {
    if case .blob(let value) = values[column] { value } else { nil }
  }
}
