import Digests
import Foundation

/// The names of a field and of an answer: digests of what determines their bytes.
struct AnswerNames {
  /// Raised whenever the same request may give other bytes than before.
  static let numericsVersion = 1

  let field: String
  let answer: String

  init(image: [UInt8], weights: String, request: FeatureRequest) {
    let image = SHA256.digest(of: image).description
    let sources = [image, weights, "numerics \(AnswerNames.numericsVersion)"]
    field = AnswerNames.name(sources + [AnswerNames.canonical(request.field)])
    answer = AnswerNames.name(sources + [AnswerNames.canonical(request)])
  }

  private static func name(_ parts: [String]) -> String {
    SHA256.digest(of: Array(parts.joined(separator: "\n").utf8)).description
  }

  /// One text for equal values: keys in order, no blanks.
  private static func canonical(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(value) else {
      preconditionFailure("a request that is no JSON: \(value)")
    }
    return String(decoding: data, as: UTF8.self)
  }
}
