package import LinearAlgebra

/// How each view goes through an encoder, and what is read off there.
package struct EncodeOptions: Sendable, Hashable, Codable {
  /// The vectors that are read off a block.
  package enum Facet: String, Sendable, Hashable, Codable, CaseIterable {
    /// The block's output after the final norm.
    case token
    /// The attention's projections inside the block, heads side by side.
    case query, key, value
  }

  /// Pixels from one patch to the next.
  package var stride: Int
  /// The block that is read, the last that is computed, counted from 0.
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
