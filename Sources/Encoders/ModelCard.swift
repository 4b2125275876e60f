/// The description of a checkpoint beside its tensors: origin and numerics.
///
/// All differences between models of one family, or between distributions of one model, are here,
/// so that no layer depends on the model's name. Members missing from a card's JSON have the
/// initialiser's default.
package struct ModelCard: Sendable, Hashable, Codable {
  package var name: String
  package var family: Family
  package var title: String
  package var source: String
  package var licence: String
  /// The file's name in the weights folder.
  package var file: String
  /// The file's SHA-256, in hexadecimal.
  package var sha256: String?
  /// The files in which its authors published the same weights.
  package var published: [Published]

  /// Pixels along a side of a patch; for Hiera the stride of tokens.
  package var patch: Int
  /// Channels of a token; for Hiera those of the first stage.
  package var dim: Int
  package var depth: Int
  /// Heads of a block's attention; for Hiera those of the first stage.
  package var heads: Int
  /// Width of the feed-forward network's inner layer; for Hiera that of the first stage.
  package var hidden: Int
  /// Class and distillation tokens, which come first, in this order.
  package var classTokens: Int
  /// Register tokens between these and the patches, whose output is unused.
  package var registers: Int
  package var feedForward: FeedForward
  package var gelu: GELU
  /// Whether each branch of a block is scaled per channel before it joins the residual stream.
  package var layerScale: Bool
  /// The ε of every layer norm.
  package var epsilon: Float
  package var positions: PositionRule
  /// Side of the grid of positions in the file; 0 without a table.
  package var positionGrid: Int
  /// The stages of a network whose grid shrinks.
  package var hierarchy: Hierarchy?
  /// The windows of a network that attends within them.
  package var windows: Windows?
  /// The source of the vector that represents the image.
  package var pooling: Pooling
  package var head: Head?
  package var decoder: Decoder?
  package var upsampler: Upsampler?

  /// Means of red, green and blue in 0…1.
  package var mean: [Float]
  package var std: [Float]

  package init(
    name: String, family: Family, title: String, source: String, licence: String, file: String,
    sha256: String?, published: [Published] = [], patch: Int, dim: Int, depth: Int, heads: Int,
    hidden: Int, classTokens: Int = 1, registers: Int, feedForward: FeedForward,
    gelu: GELU = .erf, layerScale: Bool? = nil, epsilon: Float, positions: PositionRule,
    positionGrid: Int, hierarchy: Hierarchy? = nil, windows: Windows? = nil,
    pooling: Pooling = .classToken, head: Head? = nil, decoder: Decoder? = nil,
    upsampler: Upsampler? = nil, mean: [Float], std: [Float]
  ) {
    self.name = name
    self.family = family
    self.title = title
    self.source = source
    self.licence = licence
    self.file = file
    self.sha256 = sha256
    self.published = published
    self.patch = patch
    self.dim = dim
    self.depth = depth
    self.heads = heads
    self.hidden = hidden
    self.classTokens = classTokens
    self.registers = registers
    self.feedForward = feedForward
    self.gelu = gelu
    self.layerScale = layerScale ?? family.hasLayerScale
    self.epsilon = epsilon
    self.positions = positions
    self.positionGrid = positionGrid
    self.hierarchy = hierarchy
    self.windows = windows
    self.pooling = pooling
    self.head = head
    self.decoder = decoder
    self.upsampler = upsampler
    self.mean = mean
    self.std = std
  }
}

extension ModelCard {
  package init(from decoder: any Swift.Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    func read<Value: Decodable>(_ key: CodingKeys) throws -> Value {
      try values.decode(Value.self, forKey: key)
    }
    func readIfPresent<Value: Decodable>(_ key: CodingKeys) throws -> Value? {
      try values.decodeIfPresent(Value.self, forKey: key)
    }
    self.init(
      name: try read(.name), family: try read(.family), title: try read(.title),
      source: try read(.source), licence: try read(.licence), file: try read(.file),
      sha256: try readIfPresent(.sha256), published: try readIfPresent(.published) ?? [],
      patch: try read(.patch), dim: try read(.dim), depth: try read(.depth),
      heads: try read(.heads), hidden: try read(.hidden),
      classTokens: try readIfPresent(.classTokens) ?? 1,
      registers: try readIfPresent(.registers) ?? 0, feedForward: try read(.feedForward),
      gelu: try readIfPresent(.gelu) ?? .erf, layerScale: try readIfPresent(.layerScale),
      epsilon: try read(.epsilon), positions: try read(.positions),
      positionGrid: try readIfPresent(.positionGrid) ?? 0,
      hierarchy: try readIfPresent(.hierarchy), windows: try readIfPresent(.windows),
      pooling: try readIfPresent(.pooling) ?? .classToken, head: try readIfPresent(.head),
      decoder: try readIfPresent(.decoder), upsampler: try readIfPresent(.upsampler),
      mean: try read(.mean), std: try read(.std))
  }
}
