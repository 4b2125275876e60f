/// Which features of a pixel a classifier sees.
package struct FeatureSet: Sendable, Hashable, Codable {
  package enum Part: String, Sendable, Hashable, Codable {
    case deep, classical
  }

  /// Whether the field's vectors are among them, which come first.
  package let isDeep: Bool
  package let classical: ClassicalSet?

  private init(isDeep: Bool, classical: ClassicalSet?) {
    (self.isDeep, self.classical) = (isDeep, classical)
  }

  package static let deep = FeatureSet(isDeep: true, classical: nil)

  package static func classical(_ set: ClassicalSet) -> FeatureSet {
    FeatureSet(isDeep: false, classical: set)
  }

  /// The vectors as they are, and the classical features standardised.
  package static func hybrid(_ set: ClassicalSet) -> FeatureSet {
    FeatureSet(isDeep: true, classical: set)
  }

  package var name: String { isDeep ? (classical == nil ? "deep" : "hybrid") : "classical" }

  /// Number of a pixel's values, given the field's.
  package func dim(deep: Int) -> Int { (isDeep ? deep : 0) + (classical?.channels ?? 0) }
}
