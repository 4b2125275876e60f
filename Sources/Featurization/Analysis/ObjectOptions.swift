import Analysis
import Encoders

/// How objects are looked for: part of the name of what is found.
package struct ObjectOptions: Sendable, Hashable, Encodable {
  /// `nil` for clusters of pixels that the class token attends to.
  package let method: FoundObjects.Method?
  /// Whether the cells' mean is taken away first, without which micrographs have no contrast.
  package let isCentred: Bool
  /// The cosine above which two cells are joined; TokenCut's alone.
  package let threshold: Float

  static let parameters: [Parameter] = [.method, .centre, .tau]
  static let clusters = "clusters"

  init(
    _ options: OutputOptions, among methods: [FoundObjects.Method], orClusters: Bool = false
  ) throws(ParameterError) {
    let given = options.given
    let names = methods.map(\.rawValue) + (orClusters ? [ObjectOptions.clusters] : [])
    method = FoundObjects.Method(
      rawValue: try given.value(.method, names[0]) { names.contains($0) ? $0 : nil })
    if method == nil { try options.card.require(.classToken) }
    isCentred = try given.flag(.centre, method != nil)
    if given.has(.tau), method != .tokencut { throw .conflict(.tau, .method) }
    threshold = try given.value(.tau, TokenCut.usualThreshold) { text in
      guard text.allSatisfy({ "-.0123456789".contains($0) }) else { return nil }
      return Float(text).flatMap { (-1...1).contains($0) ? $0 : nil }
    }
  }

  /// The field whose cells are compared: the first view alone, at its true centres; all of it for
  /// clusters.
  func field(from field: FieldRequest) -> FieldRequest {
    method == nil ? field : field.identityAlone
  }
}
