package import Imaging

/// What has been learnt from labelled pixels, and all that is needed to apply it to another image.
///
/// The classical features' statistics are those of the labelled rows and go with it, so that an
/// image is not standardised by itself.
package struct Classifier: Sendable, Hashable {
  /// All classes, those without labels as well.
  package let classes: [LabelClass]
  package let features: FeatureSet
  /// Dimensions of the field's vectors; 0 where they are not used.
  package let deepDim: Int
  /// Of the classical features, `[channels]`.
  package let standardisation: Standardisation
  package let model: LinearModel
  package let provenance: Provenance
  let folded: FoldedModel

  /// Puts a classifier together; parts that do not fit together are a fault of the program.
  package init(
    classes: [LabelClass], features: FeatureSet, deepDim: Int, standardisation: Standardisation,
    model: LinearModel, provenance: Provenance
  ) {
    precondition(
      model.dim == features.dim(deep: deepDim)
        && standardisation.mean.count == features.classical?.channels ?? 0
        && Set(model.ids).isSubset(of: classes.map(\.id)),
      "\(model.dim) dims for \(deepDim) deep and \(standardisation.mean.count) classical ones")
    self.classes = classes.sorted { $0.id < $1.id }
    self.features = features
    self.deepDim = features.isDeep ? deepDim : 0
    self.standardisation = standardisation
    self.model = model
    self.provenance = provenance
    folded = FoldedModel(model, deepDim: self.deepDim, standardisation)
  }

  /// The classifier that a training set gave.
  package init(
    _ model: LinearModel, of set: TrainingSet, classes: [LabelClass], provenance: Provenance
  ) {
    self.init(
      classes: classes, features: set.options.features, deepDim: set.deepDim,
      standardisation: set.standardisation, model: model, provenance: provenance)
  }

  /// The ids that it can answer, ascending: those of classes with labels.
  package var ids: [UInt8] { model.ids }
}

/// Where a classifier comes from, and which fields it is made for.
package struct Provenance: Sendable, Hashable, Codable {
  /// The options of the field, as `deep.stride`: `14`; those of an image that it is applied to must
  /// be equal.
  package var options: [String: String] = [:]
  package var pixelSize: PixelSize?
  package var fit = Fit()
  package var training: [Image] = []
  package var software = ""
  /// ISO 8601; no part of its identity.
  package var created = ""

  package init() {}

  package struct PixelSize: Sendable, Hashable, Codable {
    package let value: Double
    package let unit: String

    package init(value: Double, unit: String) { (self.value, self.unit) = (value, unit) }
  }

  /// How it was fitted.
  package struct Fit: Sendable, Hashable, Codable {
    /// The C of logistic regression, the shrinkage of discriminant analysis, the α of a ridge.
    package var strength = 0.0
    package var isBalanced = true
    package var weighting = TrainingSet.Weighting.pixel
    package var rows = 0
    /// Labelled pixels of each class that has some, by its id.
    package var labelled: [String: Int] = [:]
    package var isCapped = false
    package var certificate = 0.0
    package var hasConverged = true

    package init() {}
  }

  /// An image with labels.
  package struct Image: Sendable, Hashable, Codable {
    package let image: String
    package let labels: String
    package let width: Int
    package let height: Int

    package init(image: String, labels: String, size: Size) {
      (self.image, self.labels) = (image, labels)
      (width, height) = (size.width, size.height)
    }
  }

  /// The options that are not equal in both, by name: here, and there.
  package func differences(from options: [String: String])
    -> [(name: String, classifier: String?, field: String?)]
  {
    Set(self.options.keys).union(options.keys).sorted().compactMap { name in
      let (mine, other) = (self.options[name], options[name])
      return mine == other ? nil : (name, mine, other)
    }
  }
}
