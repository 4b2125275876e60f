import Features
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

  var isDefaultLoaded: Bool {
    models.cards.contains { $0.name == models.defaultName && models.isLoaded($0) }
  }

  var response: Response {
    let entries = models.cards.map { card in
      Entry(
        name: card.name, title: card.title, family: card.family.rawValue, patch: card.patch,
        dim: card.dim, depth: card.depth, heads: card.heads, registers: card.registers,
        licence: card.licence, source: card.source, file: card.file, sha256: card.sha256,
        isDefault: card.name == models.defaultName, isAvailable: models.isAvailable(card),
        isLoaded: models.isLoaded(card))
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
    let data = (try? encoder.encode(Document(models: entries))) ?? Data()
    return Response(
      status: .ok, fields: [.contentType: "application/json"],
      body: .bytes(Array(data) + [UInt8(ascii: "\n")]))
  }

  private struct Document: Encodable {
    let models: [Entry]
  }

  private struct Entry: Encodable {
    let name: String
    let title: String
    let family: String
    let patch: Int
    let dim: Int
    let depth: Int
    let heads: Int
    let registers: Int
    let licence: String
    let source: String
    let file: String
    let sha256: String?
    let isDefault: Bool
    let isAvailable: Bool
    let isLoaded: Bool

    enum CodingKeys: String, CodingKey {
      case name, title, family, patch, dim, depth, heads, registers, licence, source, file, sha256
      case isDefault = "default"
      case isAvailable = "available"
      case isLoaded = "loaded"
    }
  }
}
