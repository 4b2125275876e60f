package import Encoders
import LinearAlgebra

/// What the operands of products are.
package enum Operand: String, Sendable, Hashable, CaseIterable {
  /// Each rounded to a half.
  case float16
  /// Each as two halves, which together have 22 bits.
  case split16

  /// Halves of one value.
  var halves: Int { self == .float16 ? 1 : 2 }
  /// Products of halves that one of values takes.
  var products: Double { self == .float16 ? 1 : 3 }

  /// What a precision means on a card; `nil` for one that the CPU alone has.
  ///
  /// Sixteen bits are binary16 here, with three more bits of fraction than bfloat16.
  package init?(_ precision: EncodeOptions) {
    switch precision.precision {
    case .float32: self = .split16
    case .bfloat16: self = .float16
    case .int8: return nil
    }
  }
}

/// The sizes of a plain transformer as its kernels take them.
package struct ViTShape: Sendable, Hashable {
  package let dim: Int
  package let heads: Int
  package let hidden: Int
  package let depth: Int
  /// Class, distillation and register tokens.
  package let prefix: Int
  package let patch: Int
  package let epsilon: Float
  /// Of the kernel that ends the feed-forward network's first product.
  package let activation: String
  package let isRotary: Bool
  /// Whether the mean of the patches represents the image.
  package let takesMean: Bool

  /// The values of a patch, and zeros up to a multiple of eight.
  package var patchDepth: Int { (3 * patch * patch + 7) / 8 * 8 }
  /// Columns of the feed-forward network's first product.
  var firstColumns: Int { activation == "swiglu" ? 2 * hidden : hidden }

  /// Throws why the kernels do not have a card's model.
  package init(_ card: ModelCard) throws(Unfit) {
    guard ViTShape.families.contains(card.family) else { throw .family(card.family.rawValue) }
    guard card.hierarchy == nil, card.windows == nil, card.decoder == nil, card.upsampler == nil
    else { throw .parts }
    guard card.dim == 64 * card.heads else { throw .heads(card.dim / max(card.heads, 1)) }
    guard card.dim <= 2048, card.hidden % 8 == 0 else { throw .dim(card.dim) }
    (dim, heads, hidden, depth) = (card.dim, card.heads, card.hidden, card.depth)
    prefix = card.classTokens + card.registers
    patch = card.patch
    epsilon = card.epsilon
    isRotary = card.positions == .rotary
    takesMean = card.pooling != .classToken
    activation =
      switch card.feedForward {
      case .swiglu, .swigluSplit: "swiglu"
      case .mlp:
        switch card.gelu {
        case .erf: "gelu"
        case .tanh: "tanh"
        case .quick: "quick"
        }
      }
  }

  private static let families: Set<ModelCard.Family> = [.vit, .deit, .dino, .dinov2, .dinov3]

  /// Why a model stays on the CPU.
  package enum Unfit: Error, Sendable, Hashable, CustomStringConvertible {
    case family(String)
    case parts
    case heads(Int)
    case dim(Int)

    package var description: String {
      switch self {
      case .family(let name): "models of the family \(name) are encoded by the CPU"
      case .parts: "models with a decoder or an upsampler are encoded by the CPU"
      case .heads(let dim): "heads of \(dim) values are computed by the CPU; cards have those of 64"
      case .dim(let dim): "\(dim) values a token are more than kernels have"
      }
    }
  }
}
