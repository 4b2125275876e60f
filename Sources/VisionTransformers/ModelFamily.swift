import Checkpoints
import Encoders

/// A family of models: its loader, and the parts of a card that describe it.
struct ModelFamily: Sendable {
  typealias Loader = @Sendable (Weights, ModelCard) throws(CheckpointError) -> any CPUModel

  let load: Loader
  /// The parts that every card of the family has.
  var needs: Set<Part> = []
  /// The optional parts; a card has no others.
  var takes: Set<Part> = []

  /// All families, by the name that a card has for them.
  static let all: [String: ModelFamily] = [
    "vit": plain, "deit": plain, "dino": plain, "dinov2": plain,
    "dinov3": ModelFamily(load: plain.load, needs: [.rotation], takes: [.upsampler]),
    "mae": ModelFamily(load: MAE.init(_:card:), takes: [.decoder]),
    "hiera": ModelFamily(
      load: { weights, card throws(CheckpointError) in try Hiera(weights, card: card) },
      needs: [.hierarchy], takes: [.decoder]),
    "sam": ModelFamily(load: SAM.init(_:card:), needs: [.windows]),
  ]

  private static let plain = ModelFamily(
    load: { weights, card throws(CheckpointError) in
      guard let upsampler = card.upsampler else { return try ViT(weights, card: card) }
      return try GuidedViT(weights, card: card, upsampler)
    }, takes: [.upsampler])
}

extension ModelFamily {
  /// The parts of a card beside its sizes.
  enum Part: Sendable, Hashable {
    case rotation, hierarchy, windows, decoder, upsampler
  }

  /// Whether a card has all required parts and no others than the optional ones.
  func describes(_ card: ModelCard) -> Bool {
    let parts = card.parts
    return parts.isSuperset(of: needs) && parts.subtracting(needs).isSubset(of: takes)
  }
}

extension ModelCard {
  fileprivate var parts: Set<ModelFamily.Part> {
    let parts: [(ModelFamily.Part, Bool)] = [
      (.rotation, positions == .rotary), (.hierarchy, hierarchy != nil),
      (.windows, windows != nil), (.decoder, decoder != nil), (.upsampler, upsampler != nil),
    ]
    return Set(parts.filter(\.1).map(\.0))
  }
}
