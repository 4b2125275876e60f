import Segmentation

extension Problem {
  init(_ error: SegmentationError) {
    switch error {
    case .labelSize(let found, let expected):
      self.init(
        422, "label-size", "The labels have another size",
        "The labels are \(found), the field is \(expected)")
    case .unknownLabels(let ids):
      let words = ids.map { String($0) }.joined(separator: ", ")
      self.init(422, "unknown-labels", "Labels name no class", "No class has the ids \(words)")
    case .tooFewClasses(let ids):
      let words = ids.map { String($0) }.joined(separator: ", ")
      self.init(
        422, "too-few-classes", "Fewer than two classes have labels",
        "A classifier needs labels of two classes; there are \(ids.isEmpty ? "none" : "those of \(words)")"
      )
    case .badClasses(let reason):
      self.init(422, "bad-classes", "The classes are not valid", "The classes: \(reason)")
    case .notFinite(let rows):
      self.init(
        422, "not-finite", "Features are not finite",
        "\(rows) labelled pixels have features that are not finite numbers, or too large")
    case .dimensions(let found, let expected):
      self.init(
        409, "other-field", "The classifier is of another kind of field",
        "The field has vectors of \(found) numbers; the classifier was made for \(expected)")
    case .missing(let part):
      self.init(
        422, "missing-features", "Features are missing",
        "The image has no \(part.rawValue) features, which the classifier needs")
    case .singular:
      self.init(
        422, "singular", "The labels do not determine a classifier",
        "The labelled pixels are too alike for this kind of classifier; kind=logistic takes them")
    case .noProbabilities(let kind):
      self.init(
        422, "no-probabilities", "The classifier tells no probabilities",
        "The scores of kind=\(kind) are no probabilities; kind=logistic, lda and forest have some")
    case .tooManyNodes(let found, let limit):
      self.init(
        422, "too-many-nodes", "The forest is too large",
        "The trees have \(found) nodes; the limit is \(limit). Fewer labelled pixels give smaller trees, and kind=logistic has none"
      )
    case .malformedShapes(let reason):
      self.init(
        422, "malformed-geojson", "The GeoJSON cannot be taken as labels",
        "The GeoJSON: \(reason)")
    case .malformedImport(let reason):
      self.init(
        422, "malformed-import", "The model's file cannot be taken", "The model's file: \(reason)")
    case .malformedFile(let reason):
      self.init(
        422, "malformed-classifier", "The classifier's file is malformed",
        "The file is no classifier of Eyepiece: \(reason)")
    }
  }
}
