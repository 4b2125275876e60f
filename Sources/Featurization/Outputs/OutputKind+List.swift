/// The list of outputs; a new one is a file of its own and a row here.
extension OutputKind {
  /// Outputs of requests about an image.
  package static let ofImages: [OutputKind] = [
    .features, .pca, .attention, .cls, .foreground, .clusters, .saliency, .boxes, .classLogits,
    .reconstruction, .picture,
  ]

  /// Outputs with a path of their own, `/fields/{id}/` and the name.
  package static let ofFields: [OutputKind] = [
    .features, .pca, .attention, .cls, .foreground, .saliency, .boxes, .classLogits, .similarity,
    .picture,
  ]

  /// Outputs of a linear map that is posted to a field.
  package static let ofMaps: [OutputKind] = [.logits, .labels, .probabilities]

  /// Outputs of points that are posted to a field.
  package static let ofPoints: [OutputKind] = [.sample]

  /// Outputs of a classifier that is kept, or trained on labels that are posted to a field.
  package static let ofClassifiers: [OutputKind] = [
    .segmentLabels, .segmentProbabilities, .segmentUncertainty, .segmentOverlay,
  ]

  /// Clusters of a kept field, and the linear map that tells them.
  package static let ofClusters: [OutputKind] = [.clusters, .centroids]

  package static let all: [OutputKind] =
    ofImages + [.similarity] + ofMaps + ofPoints + ofClassifiers + [
      .measurements, .suggestions, .centroids,
    ]
}

extension Parameter {
  /// Parameters of requests about an image.
  package static let ofImages: [Parameter] = {
    let some = ofFields.union(OutputKind.ofImages.flatMap(\.parameters))
      .union([.output, .quality, .format]).subtracting([.for])
    return Parameter.allCases.filter(some.contains)
  }()

  /// Parameters of some outputs only, in the order in which they are refused.
  static let ofOutputs: [Parameter] = {
    let some = Set(OutputKind.all.flatMap(\.parameters))
    return Parameter.allCases.filter(some.contains)
  }()
}
