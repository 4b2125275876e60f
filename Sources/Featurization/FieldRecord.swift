package import Digests
import Foundation

/// Everything that decides a field's bytes: the image, the weights, and what is asked of them.
package struct FieldRecord: Sendable, Hashable, Codable {
  /// Raised whenever the same request may give other bytes than before.
  static let numericsVersion = 2

  /// Of the image file's bytes.
  package let image: Digest
  /// Of the file of weights.
  package let weights: String
  package let request: FieldRequest
  /// The version that it was made by.
  let numerics: Int

  init(image: Digest, weights: String, request: FieldRequest) {
    self.image = image
    self.weights = weights
    self.request = request
    numerics = FieldRecord.numericsVersion
  }

  /// The field's id.
  package var name: Digest { digest(of: [canonical(self)]) }

  /// The same image and weights under another request.
  func with(request: FieldRequest) -> FieldRecord {
    FieldRecord(image: image, weights: weights, request: request)
  }

  /// What names the encodings: fields that differ in the way of upsampling share them.
  var encodings: FieldRecord { with(request: request.encodings) }

  /// The name of an answer: of the field, the request, and whatever was posted with it.
  package func name(of request: FeatureRequest, with posted: Digest? = nil) -> Digest {
    digest(of: [canonical(self), canonical(request), posted?.description ?? ""])
  }
}

extension FieldRecord {
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
