/// What is known of a checkpoint beside its tensors: where it comes from, and its numerics.
package struct ModelCard: Sendable, Hashable, Codable {
  /// The architecture, which decides the file in `VisionTransformers` that reads it.
  package enum Family: String, Sendable, Hashable, Codable {
    case dinov2
  }

  /// The kind of network after the attention.
  package enum FeedForward: String, Sendable, Hashable, Codable {
    case mlp
    case swiglu
  }

  /// How a table of positions is resampled for another grid.
  package enum PositionRule: String, Sendable, Hashable, Codable {
    /// Bicubic, A = −0.75, by the factor (n + 0.1) / M. Source: Meta's DINO, DINOv2.
    case offset
    /// Bicubic, A = −0.75, to a size. Source: Hugging Face's DINOv2.
    case size
    /// Bicubic, A = −0.5, antialiased, to a size. Source: Meta's DINOv2 with registers, timm.
    case antialias
  }

  package let name: String
  package let family: Family
  package let title: String
  package let source: String
  package let licence: String
  /// The file's name in the folder of weights.
  package let file: String
  /// The file's digest, hexadecimal.
  package let sha256: String?
  package let patch: Int
  package let dim: Int
  package let depth: Int
  package let heads: Int
  /// Width of the feed-forward network's inner layer.
  package let hidden: Int
  package let registers: Int
  package let feedForward: FeedForward
  /// The ε of every layer norm.
  package let epsilon: Float
  package let positions: PositionRule
  /// Side of the grid of positions in the file.
  package let positionGrid: Int
  /// Of red, green and blue in 0…1.
  package let mean: [Float]
  package let std: [Float]

  package init(
    name: String, family: Family, title: String, source: String, licence: String, file: String,
    sha256: String?, patch: Int, dim: Int, depth: Int, heads: Int, hidden: Int, registers: Int,
    feedForward: FeedForward, epsilon: Float, positions: PositionRule, positionGrid: Int,
    mean: [Float], std: [Float]
  ) {
    self.name = name
    self.family = family
    self.title = title
    self.source = source
    self.licence = licence
    self.file = file
    self.sha256 = sha256
    self.patch = patch
    self.dim = dim
    self.depth = depth
    self.heads = heads
    self.hidden = hidden
    self.registers = registers
    self.feedForward = feedForward
    self.epsilon = epsilon
    self.positions = positions
    self.positionGrid = positionGrid
    self.mean = mean
    self.std = std
  }
}
