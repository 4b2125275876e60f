import Featurization
import Foundation
import HTTP1
import HTTPTypes

/// `GET /models`: the cards, and whether their weights are here.
struct ModelsEndpoint: Sendable {
  private let models: Models

  init(_ models: Models) {
    self.models = models
  }

  var isDefaultLoaded: Bool { models.isDefaultLoaded }

  var response: Response {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
    let data = (try? encoder.encode(["models": models.listing])) ?? Data()
    return Response(
      status: .ok, fields: [.contentType: "application/json"],
      body: .bytes(Array(data) + [UInt8(ascii: "\n")]))
  }
}
