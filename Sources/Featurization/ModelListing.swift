package import Encoders

/// A model's description for clients: its card, and whether its weights are present.
package struct ModelListing: Sendable, Encodable {
  private let card: ModelCard
  private let isDefault: Bool
  private let isAvailable: Bool
  private let isLoaded: Bool

  package init(_ card: ModelCard, in models: ModelRegistry) {
    self.card = card
    isDefault = card.name == models.defaultName
    isAvailable = models.isAvailable(card)
    isLoaded = models.isLoaded(card)
  }

  /// Encodes the card's members and three more.
  package func encode(to encoder: any Swift.Encoder) throws {
    try card.encode(to: encoder)
    var members = encoder.container(keyedBy: CodingKeys.self)
    try members.encode(isDefault, forKey: .isDefault)
    try members.encode(isAvailable, forKey: .isAvailable)
    try members.encode(isLoaded, forKey: .isLoaded)
  }

  private enum CodingKeys: String, CodingKey {
    case isDefault = "default"
    case isAvailable = "available"
    case isLoaded = "loaded"
  }
}

extension ModelRegistry {
  /// All models, in the order of the cards.
  package var listing: [ModelListing] { cards.map { ModelListing($0, in: self) } }

  /// Whether the default model is loaded.
  package var isDefaultLoaded: Bool {
    cards.contains { $0.name == defaultName && isLoaded($0) }
  }
}
