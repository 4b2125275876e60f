/// All outputs: one more is a file of its own and a row here.
extension OutputKind {
  /// What `output` may be where an image is asked.
  package static let ofImages: [OutputKind] = [
    .features, .pca, .attention, .cls, .foreground, .classLogits, .reconstruction,
  ]

  /// What is asked of a field by a path of its own, `/fields/{id}/` and the name.
  package static let ofFields: [OutputKind] = [
    .features, .pca, .attention, .cls, .foreground, .similarity,
  ]

  /// What becomes of a linear map that is posted to a field.
  package static let ofMaps: [OutputKind] = [.logits, .labels, .probabilities]

  /// What becomes of points that are posted to a field.
  package static let ofPoints: [OutputKind] = [.sample]

  package static let all: [OutputKind] = ofImages + [.similarity] + ofMaps + ofPoints
}

extension Parameter {
  /// Those that only some outputs have, in the order in which they are refused.
  static let ofOutputs: [Parameter] = {
    let some = Set(OutputKind.all.flatMap(\.parameters))
    return Parameter.allCases.filter(some.contains)
  }()
}
