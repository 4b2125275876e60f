package import Encoders
import Synchronization

/// An encoder with the digest of its weights.
package struct LoadedModel: Sendable {
  package let encoder: any Encoder
  /// The digest of the weights file, in hexadecimal.
  package let digest: String

  package init(encoder: any Encoder, digest: String) {
    self.encoder = encoder
    self.digest = digest
  }
}

/// The available models, each loaded on first use and then kept.
package final class Models: Sendable {
  package let cards: [ModelCard]
  /// The model of requests that name none.
  package let defaultName: String
  private let load: @Sendable (ModelCard) throws(FeaturizationError) -> LoadedModel
  private let exists: @Sendable (ModelCard) -> Bool
  private let loaded = Mutex<[String: LoadedModel]>([:])
  /// Held while a file is read; asking what is loaded does not take it.
  private let reading = Mutex(())

  /// Creates the list; `load` reads a card's file, once per model, while other callers wait.
  package init(
    cards: [ModelCard], defaultName: String,
    exists: @escaping @Sendable (ModelCard) -> Bool,
    load: @escaping @Sendable (ModelCard) throws(FeaturizationError) -> LoadedModel
  ) {
    self.cards = cards
    self.defaultName = defaultName
    self.exists = exists
    self.load = load
  }

  package func card(named name: String) -> ModelCard? { cards.first { $0.name == name } }

  package func isAvailable(_ card: ModelCard) -> Bool { exists(card) }

  package func isLoaded(_ card: ModelCard) -> Bool { loadedModel(card.name) != nil }

  /// The model of a name; the first call reads its file.
  package func model(named name: String) throws(FeaturizationError) -> LoadedModel {
    guard let card = card(named: name) else { throw .weightsMissing(model: name) }
    if let model = loadedModel(name) { return model }
    return try reading.withLock { _ throws(FeaturizationError) in
      if let model = loadedModel(name) { return model }
      let model = try load(card)
      loaded.withLock { $0[name] = model }
      return model
    }
  }

  private func loadedModel(_ name: String) -> LoadedModel? {
    loaded.withLock { $0[name] }
  }
}
