package import Files
import Foundation
package import LinearAlgebra

/// Everything that determines a field's bytes: image, weights, request, and kernels.
package struct FieldRecord: Sendable {
  /// The version of the numerics, raised when the same request may give other bytes.
  private static let numericsVersion = 4

  private struct Facts: Sendable, Codable {
    let image: Digest
    let weights: String
    let request: FieldRequest
    /// The version that made the field.
    let numerics: Int
    /// The kernels that computed it, whose rounding differs.
    let kernels: KernelSets
  }

  private let facts: Facts
  /// The field's id: the digest of the other members.
  package let name: Digest

  private init(_ facts: Facts) {
    self.facts = facts
    name = digest(of: [canonical(facts)])
  }

  package init(
    image: Digest, weights: String, request: FieldRequest, kernels: KernelSets = .current
  ) {
    self.init(
      Facts(
        image: image, weights: weights, request: request,
        numerics: FieldRecord.numericsVersion, kernels: kernels))
  }

  /// The digest of the image file.
  package var image: Digest { facts.image }
  /// The digest of the weights file.
  package var weights: String { facts.weights }
  package var request: FieldRequest { facts.request }
  /// The kernels that computed its bytes.
  package var kernels: KernelSets { facts.kernels }
  /// The kind of this program's arithmetic: the same kind, the same bytes.
  package static let arithmetic = [
    "\(numericsVersion)", KernelSets.current.encoder, KernelSets.current.rows,
    KernelSets.current.products,
  ].joined(separator: ".")

  /// Whether this program gives the same bytes on this processor, or keeps those of a card.
  var isReproducible: Bool {
    let kernels = kernels.isOfCard ? kernels.with(encoder: KernelSets.current.encoder) : kernels
    return facts.numerics == FieldRecord.numericsVersion && kernels == .current
  }

  /// The record with another request.
  func with(request: FieldRequest) -> FieldRecord {
    request == self.request
      ? self : FieldRecord(image: image, weights: weights, request: request, kernels: kernels)
  }

  /// The record that names the encodings, shared by fields that differ in upsampling only.
  var encodings: FieldRecord { with(request: request.encodings) }
}

extension FieldRecord: Codable, Hashable {
  package init(from decoder: any Decoder) throws {
    self.init(try Facts(from: decoder))
  }

  package func encode(to encoder: any Encoder) throws { try facts.encode(to: encoder) }

  package static func == (one: FieldRecord, other: FieldRecord) -> Bool {
    one.name == other.name
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension FieldRecord {
  /// The name of an answer: the digest of field, request and posted body.
  package func name(of request: FeatureRequest, with payload: Digest? = nil) -> Digest {
    digest(of: [name.description, canonical(request), payload?.description ?? ""])
  }

  /// The name of the answer to a request about this field, or about another one of the same image
  /// and weights.
  package func name(ofAnswerTo request: FeatureRequest) -> Digest {
    with(request: request.field).name(of: request)
  }
}

private func digest(of parts: [String]) -> Digest {
  SHA256.digest(of: Array(parts.joined(separator: "\n").utf8))
}

/// Canonical JSON, equal for equal values: sorted keys, no spaces.
func canonical(_ value: some Encodable) -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  guard let data = try? encoder.encode(value) else {
    preconditionFailure("a request that is no JSON: \(value)")
  }
  return String(decoding: data, as: UTF8.self)
}
