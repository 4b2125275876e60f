import Featurization

/// `GET /models`: the cards, and whether their weights are here.
struct ModelsEndpoint: Sendable {
  private let models: Models

  init(_ models: Models) {
    self.models = models
  }

  var isDefaultLoaded: Bool { models.isDefaultLoaded }

  /// JSON.
  var document: [UInt8] {
    json(["models": models.listing])
  }
}
