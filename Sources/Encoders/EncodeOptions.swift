package import LinearAlgebra

/// How each view is encoded, and the vectors that are read.
package struct EncodeOptions: Sendable, Hashable, Codable {
  /// The vectors that are read from a block.
  package enum Facet: String, Sendable, Hashable, Codable, CaseIterable {
    /// The block's output after the final norm.
    case token
    /// The attention's projections inside the block, heads side by side.
    case query, key, value
  }

  /// Pixels from one patch to the next.
  package var stride: Int
  /// The block that is read, counted from 0; later ones are not computed.
  package var block: Int
  package var facet: Facet
  package var precision: Precision

  package init(
    stride: Int, block: Int, facet: Facet = .token, precision: Precision = .float32
  ) {
    self.stride = stride
    self.block = block
    self.facet = facet
    self.precision = precision
  }
}
