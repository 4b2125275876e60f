package import Files
import Foundation
package import LinearAlgebra

/// Everything that decides a field's bytes: the image, the weights, what is asked of them, and the
/// code that computes it.
package struct FieldRecord: Sendable {
  /// Raised whenever the same request may give other bytes than before.
  private static let numericsVersion = 3

  private struct Facts: Sendable, Codable {
    let image: Digest
    let weights: String
    let request: FieldRequest
    /// The version that it was made by.
    let numerics: Int
    /// Those that it was made with, which differ by rounding.
    let kernels: KernelSets
  }

  private let facts: Facts
  /// The field's id: the digest of all the rest.
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

  /// Of the image file's bytes.
  package var image: Digest { facts.image }
  /// Of the file of weights.
  package var weights: String { facts.weights }
  package var request: FieldRequest { facts.request }
  /// The code that its bytes come from.
  package var kernels: KernelSets { facts.kernels }
  /// Whether this program, on this processor, makes the same bytes of it.
  var isReproducible: Bool {
    facts.numerics == FieldRecord.numericsVersion && kernels == .current
  }

  /// The same image and weights under another request.
  func with(request: FieldRequest) -> FieldRecord {
    request == self.request
      ? self : FieldRecord(image: image, weights: weights, request: request, kernels: kernels)
  }

  /// What names the encodings: fields that differ in the way of upsampling share them.
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
  /// The name of an answer: of the field, the request, and whatever was posted with it.
  package func name(of request: FeatureRequest, with payload: Digest? = nil) -> Digest {
    digest(of: [name.description, canonical(request), payload?.description ?? ""])
  }

  /// The name of the answer to a request about this field, or about one like it.
  package func name(ofAnswerTo request: FeatureRequest) -> Digest {
    with(request: request.field).name(of: request)
  }
}

private func digest(of parts: [String]) -> Digest {
  SHA256.digest(of: Array(parts.joined(separator: "\n").utf8))
}

/// One text for equal values: keys in order, no blanks.
func canonical(_ value: some Encodable) -> String {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
  guard let data = try? encoder.encode(value) else {
    preconditionFailure("a request that is no JSON: \(value)")
  }
  return String(decoding: data, as: UTF8.self)
}
