package import LinearAlgebra

/// How each view is encoded, and the vectors that are read.
package struct EncodeOptions: Sendable, Hashable {
  /// The vectors that are read from a block.
  package enum Facet: String, Sendable, Hashable, Codable, CaseIterable {
    /// The block's output after the final norm.
    case token
    /// The attention's projections inside the block, heads side by side.
    case query, key, value
  }

  /// Pixels from one patch to the next.
  package var stride: Int
  /// The different blocks that are read, counted from 0, in the order in which their vectors lie
  /// side by side; never empty.
  package var blocks: [Int]
  package var facet: Facet
  package var precision: Precision

  package init(
    stride: Int, block: Int, facet: Facet = .token, precision: Precision = .float32
  ) {
    self.init(stride: stride, blocks: [block], facet: facet, precision: precision)
  }

  package init(
    stride: Int, blocks: [Int], facet: Facet = .token, precision: Precision = .float32
  ) {
    precondition(!blocks.isEmpty && Set(blocks).count == blocks.count, "blocks \(blocks)")
    self.stride = stride
    self.blocks = blocks
    self.facet = facet
    self.precision = precision
  }

  /// The deepest block that is read; later ones are not computed.
  package var block: Int { blocks.reduce(0, max) }
}

/// One block is written as `block`, several are written as `blocks`.
extension EncodeOptions: Codable {
  private enum CodingKeys: CodingKey {
    case stride, block, blocks, facet, precision
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    let one = try values.decodeIfPresent(Int.self, forKey: .block)
    let blocks = try one.map { [$0] } ?? values.decode([Int].self, forKey: .blocks)
    guard !blocks.isEmpty, Set(blocks).count == blocks.count else {
      throw DecodingError.dataCorruptedError(
        forKey: .blocks, in: values, debugDescription: "they are none, or not different")
    }
    self.init(
      stride: try values.decode(Int.self, forKey: .stride), blocks: blocks,
      facet: try values.decode(Facet.self, forKey: .facet),
      precision: try values.decode(Precision.self, forKey: .precision))
  }

  package func encode(to encoder: any Swift.Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(stride, forKey: .stride)
    if blocks.count == 1 {
      try values.encode(blocks[0], forKey: .block)
    } else {
      try values.encode(blocks, forKey: .blocks)
    }
    try values.encode(facet, forKey: .facet)
    try values.encode(precision, forKey: .precision)
  }
}
