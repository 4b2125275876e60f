import Analysis
import Encoders

/// How objects are looked for: part of the name of what is found.
package struct ObjectOptions: Sendable, Hashable, Encodable {
  package let method: FoundObjects.Method
  /// Whether the cells' mean is taken away first, without which micrographs have no contrast.
  package let isCentred: Bool
  /// The cosine above which two cells are joined; TokenCut's alone.
  package let threshold: Float

  static let parameters: [Parameter] = [.method, .centre, .tau]

  init(
    _ options: OutputOptions, among methods: [FoundObjects.Method]
  ) throws(ParameterError) {
    let given = options.given
    method = try given.value(.method, methods[0]) { text in
      FoundObjects.Method(rawValue: text).flatMap { methods.contains($0) ? $0 : nil }
    }
    isCentred = try given.flag(.centre, true)
    if given.has(.tau), method != .tokencut { throw .conflict(.tau, .method) }
    threshold = try given.value(.tau, TokenCut.usualThreshold) { text in
      guard text.allSatisfy({ "-.0123456789".contains($0) }) else { return nil }
      return Float(text).flatMap { (-1...1).contains($0) ? $0 : nil }
    }
  }

  /// The field whose cells are compared: the first view alone, at its true centres.
  static func field(from field: FieldRequest) -> FieldRequest { field.identityAlone }
}
