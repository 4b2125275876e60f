import Files
import Encoders
import Fields
import Imaging
import LinearAlgebra

/// A value computed from a field once and used by many queries.
protocol DerivedValue: Sendable {
  /// Bytes of memory.
  var bytes: Int { get }
}

extension Basis: DerivedValue {
  var bytes: Int { 4 * (components.count + 3 * dim) }
}

extension Norms: DerivedValue {
  var bytes: Int { 4 * values.count }
}

extension LocalEntropy: DerivedValue {
  var bytes: Int { 4 * values.count }
}

extension GuidedMap: DerivedValue {}

/// The name of a derived value of a field.
struct DerivedName: Sendable, Hashable {
  let field: Digest
  let grid: Places.Grid
  private let type: ObjectIdentifier

  init(_ type: (some DerivedValue).Type, of field: Digest, _ grid: Places.Grid) {
    self.field = field
    self.grid = grid
    self.type = ObjectIdentifier(type)
  }
}
