extension ModelCard {
  /// The architecture's name; its loader is in `ModelFamily` of `VisionTransformers`.
  package struct Family: RawRepresentable, Sendable, Hashable, Codable {
    package static let vit = Family(rawValue: "vit")
    package static let deit = Family(rawValue: "deit")
    package static let dino = Family(rawValue: "dino")
    package static let dinov2 = Family(rawValue: "dinov2")
    package static let dinov3 = Family(rawValue: "dinov3")
    package static let mae = Family(rawValue: "mae")
    package static let hiera = Family(rawValue: "hiera")
    package static let sam = Family(rawValue: "sam")

    package let rawValue: String

    package init(rawValue: String) {
      self.rawValue = rawValue
    }

    /// Whether its models have layer scale, where a card does not say.
    var hasLayerScale: Bool { self == .dinov2 || self == .dinov3 }
  }

  /// The kind of network after the attention.
  package enum FeedForward: String, Sendable, Hashable, Codable {
    /// fc₂ of a GELU of fc₁.
    case mlp
    /// w₃ of SiLU(a) ⊙ b, where w₁₂ gives both a and b.
    case swiglu
    /// The same, where w₁ gives a and w₂ gives b.
    case swigluSplit = "swiglu-split"
  }

  package enum GELU: String, Sendable, Hashable, Codable {
    /// x · Φ(x), by the error function.
    case erf
    /// Its approximation by tanh.
    case tanh
    /// Its approximation x · σ(1.702 x).
    case quick
  }

  /// How a table of positions is resampled for another grid.
  package enum PositionRule: String, Sendable, Hashable, Codable, CaseIterable {
    /// Never: the image must have the table's grid.
    case fixed
    /// Bicubic, A = −0.75, by the factor (n + 0.1) / M. Source: Meta's DINO, DINOv2.
    case offset
    /// Bicubic, A = −0.75, to a size. Source: Hugging Face's models; fine-tuning of DeiT and MAE.
    case size
    /// Bicubic, A = −0.5, antialiased, to a size. Source: Meta's DINOv2 with registers, timm.
    case antialias
    /// Bicubic, A = −0.75, the corners kept. Source: torchvision's `interpolate_embeddings`.
    case corners
    /// Bilinear, to a size. Source: timm's reader of Google's files.
    case bilinear
    /// There is no table: queries and keys are rotated. Source: DINOv3.
    case rotary
  }

  /// The source of the vector that represents the image.
  package enum Pooling: String, Sendable, Hashable, Codable {
    /// The class token after the final norm, which all tokens pass.
    case classToken = "class-token"
    /// The mean of the last block's patches, then a norm of its own.
    case averageThenNorm = "average-then-norm"
    /// The mean of the output's pixels: there is neither class token nor norm.
    case average
  }
}

extension ModelCard {
  /// The linear classifier.
  package struct Head: Sendable, Hashable, Codable {
    /// Its input; tokens are those after the final norm.
    package enum Input: String, Sendable, Hashable, Codable {
      /// The vector that represents the image.
      case pooled
      /// Class and distillation token, each with a head of its own; their outputs are averaged.
      case bothTokens = "both-tokens"
      /// The class token, then the mean of the patches, `[2 · dim]`. Source: DINOv2.
      case classAndMean = "class-and-mean"
      /// The same with interleaved channels, `[2 · dim]`. Source: DINO, ViT-B.
      case classAndMeanInterleaved = "class-and-mean-interleaved"
      /// The class tokens of the last four blocks, oldest first, `[4 · dim]`. Source: DINO, ViT-S.
      case lastFour = "last-four"
      /// The same, then the mean of the last patches, `[5 · dim]`. Source: DINOv2.
      case lastFourAndMean = "last-four-and-mean"
    }

    package var classes: Int
    package var input: Input
    /// The list that names the classes, such as `imagenet-1k`, in its usual order.
    package var labels: String?
    /// The classes' own names, `[classes]`.
    package var names: [String]?

    package init(
      classes: Int, input: Input = .pooled, labels: String? = nil, names: [String]? = nil
    ) {
      self.classes = classes
      self.input = input
      self.labels = labels
      self.names = names
    }

    /// Reads a card's head; the default of `input` is the vector that represents the image.
    package init(from decoder: any Swift.Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      self.init(
        classes: try values.decode(Int.self, forKey: .classes),
        input: try values.decodeIfPresent(Input.self, forKey: .input) ?? .pooled,
        labels: try values.decodeIfPresent(String.self, forKey: .labels),
        names: try values.decodeIfPresent([String].self, forKey: .names))
    }
  }

  /// The decoder of hidden patches' pixels from the features of the others.
  package struct Decoder: Sendable, Hashable, Codable {
    /// The order of a patch's values.
    package enum PixelOrder: String, Sendable, Hashable, Codable {
      /// y, x, then the channel, which changes fastest. Source: MAE.
      case interleaved
      /// The channel, y, then x. Source: Hiera.
      case planar
    }

    package var dim: Int
    package var depth: Int
    package var heads: Int
    package var hidden: Int
    /// Whether it was trained to give each patch's pixels with mean 0 and variance 1.
    package var normalisedPixels: Bool
    package var pixelOrder: PixelOrder
    /// The fraction of patches hidden in training.
    package var maskRatio: Float

    package init(
      dim: Int, depth: Int, heads: Int, hidden: Int, normalisedPixels: Bool,
      pixelOrder: PixelOrder, maskRatio: Float
    ) {
      self.dim = dim
      self.depth = depth
      self.heads = heads
      self.hidden = hidden
      self.normalisedPixels = normalisedPixels
      self.pixelOrder = pixelOrder
      self.maskRatio = maskRatio
    }
  }

  /// The upsampler of a model's maps, guided by the image.
  ///
  /// Source: Fu et al. 2024 (FeatUp).
  package struct Upsampler: Sendable, Hashable, Codable {
    /// The number of doublings of a map's grid.
    package var doublings: Int
    /// Whether each vector is normalised over its channels first.
    package var hasNorm: Bool

    package init(doublings: Int, hasNorm: Bool) {
      (self.doublings, self.hasNorm) = (doublings, hasNorm)
    }
  }

  /// Stages, each with twice the channels and heads of the one before.
  ///
  /// Source: Ryali et al. 2023, table 1.
  package struct Hierarchy: Sendable, Hashable, Codable {
    /// Blocks per stage.
    package var stages: [Int]
    /// Stages that begin with a pooling of 2 × 2 tokens, from the second on.
    package var pools: Int

    package init(stages: [Int], pools: Int) {
      self.stages = stages
      self.pools = pools
    }
  }

  /// The blocks that attend within windows, and those that do not.
  ///
  /// Source: Kirillov et al. 2023, appendix A.
  package struct Windows: Sendable, Hashable, Codable {
    /// Tokens along a side of a window.
    package var side: Int
    /// The blocks that attend to all tokens, counted from 0.
    package var global: [Int]
    /// Channels of the neck's output.
    package var neck: Int

    package init(side: Int, global: [Int], neck: Int) {
      self.side = side
      self.global = global
      self.neck = neck
    }
  }

  /// A file in which a model's authors, or those who converted it, published it.
  package struct Published: Sendable, Hashable, Codable {
    /// The convention of its tensors' names, as `CheckpointLayout` in `Catalogue` calls it.
    package var layout: String
    /// The file's name, or that of a repository on Hugging Face's hub.
    package var file: String
    package var bytes: Int?
    /// The file's SHA-256 in hexadecimal, or its first digits.
    package var sha256: String?
    /// The position rule of this file's usual reader, where it is not the card's.
    package var positions: PositionRule?
    /// The ε of this file's usual reader, where it is not the card's.
    package var epsilon: Float?

    package init(
      layout: String, file: String, bytes: Int? = nil, sha256: String? = nil,
      positions: PositionRule? = nil, epsilon: Float? = nil
    ) {
      self.layout = layout
      self.file = file
      self.bytes = bytes
      self.sha256 = sha256
      self.positions = positions
      self.epsilon = epsilon
    }
  }
}
