/// A kernel to be started: its name, how many blocks, and the bytes of its one argument.
package struct Launch: Sendable, Hashable {
  /// Blocks along each axis.
  package struct Grid: Sendable, Hashable {
    package var x: Int
    package var y = 1
    package var z = 1
  }

  package let kernel: String
  package let grid: Grid
  package let arguments: [UInt8]
  /// Of products and attention, as products of halves.
  package var operations = 0.0
}
