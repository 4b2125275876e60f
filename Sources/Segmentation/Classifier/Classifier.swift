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
  package let model: ClassifierModel
  package let provenance: Provenance
  /// The same kind of model fitted without a share of the strokes each; empty where there are none.
  package let refits: [LinearModel]
  let readout: ClassifierReadout

  /// Puts a classifier together; parts that do not fit together are a fault of the program.
  package init(
    classes: [LabelClass], features: FeatureSet, deepDim: Int, standardisation: Standardisation,
    model: ClassifierModel, provenance: Provenance, refits: [LinearModel] = []
  ) {
    precondition(
      refits.allSatisfy { $0.dim == model.dim && $0.ids == model.ids }, "refits of others")
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
    self.refits = refits
    readout = ClassifierReadout(model, deepDim: self.deepDim, standardisation)
  }

  /// The classifier that a training set gave.
  ///
  /// What the vectors were multiplied by goes into the weights: no factor is above 1, so that the
  /// certificate holds. Trees' thresholds become those of features as they are.
  package init(
    _ model: ClassifierModel, of set: TrainingSet, classes: [LabelClass], provenance: Provenance,
    refits: [LinearModel] = []
  ) throws(SegmentationError) {
    let model: ClassifierModel =
      switch model {
      case .linear(let model): .linear(model.scaled(by: set.deepScales))
      case .trees(let trees):
        .trees(
          try trees.mapped(dim: trees.dim, place: { $0 }) { feature, threshold in
            guard feature >= set.deepDim else {
              return threshold / Double(set.deepScales[feature])
            }
            let channel = feature - set.deepDim
            return threshold * set.standardisation.scale[channel]
              + set.standardisation.mean[channel]
          })
      }
    self.init(
      classes: classes, features: set.options.features, deepDim: set.deepDim,
      standardisation: set.standardisation, model: model, provenance: provenance,
      refits: refits.map { $0.scaled(by: set.deepScales) })
  }

  /// The same classifier for longer vectors, of which it sees the parts at some places, all parts
  /// being as long.
  package func spread(over parts: [Int], of count: Int) throws(SegmentationError) -> Classifier {
    guard features.isDeep, parts != Array(0..<count) else { return self }
    let dim = deepDim / max(parts.count, 1)
    precondition(
      dim * parts.count == deepDim && parts.allSatisfy((0..<count).contains),
      "parts \(parts) of \(count) for \(deepDim) dims")
    let width = model.dim - deepDim + count * dim
    let place = { [deepDim] (feature: Int) in
      feature < deepDim
        ? parts[feature / dim] * dim + feature % dim : feature - deepDim + count * dim
    }
    let model: ClassifierModel =
      switch model {
      case .linear(let model): .linear(model.spread(to: width, place: place))
      case .trees(let trees): .trees(try trees.mapped(dim: width, place: place))
      }
    return Classifier(
      classes: classes, features: features, deepDim: count * dim,
      standardisation: standardisation, model: model, provenance: provenance,
      refits: refits.map { $0.spread(to: width, place: place) })
  }

  /// Classifiers of the refits, one each.
  package var refitted: [Classifier] {
    refits.map {
      Classifier(
        classes: classes, features: features, deepDim: deepDim, standardisation: standardisation,
        model: .linear($0), provenance: provenance)
    }
  }

  /// The ids that it can answer, ascending: those of classes with labels.
  package var ids: [UInt8] { model.ids }
}

/// Where a classifier comes from, and which fields it is made for.
package struct Provenance: Sendable, Hashable, Codable {
  /// The options of the field, as `deep.stride`: `14`; those of an image that it is applied to must
  /// be equal.
  package var options: [String: String] = [:]
  /// The directions of position that are removed from vectors before it sees them; `nil` for none.
  package var debias: Int?
  package var pixelSize: PixelSize?
  package var fit = Fit()
  /// How features and C were chosen; `nil` where they were given.
  package var choice: Choice?
  package var training: [Image] = []
  package var software = ""
  /// ISO 8601; no part of its identity.
  package var created = ""

  /// The most directions that can be removed.
  package static let mostRemoved = 64

  package init() {}

  package struct PixelSize: Sendable, Hashable, Codable {
    package let value: Double
    package let unit: String

    package init(value: Double, unit: String) { (self.value, self.unit) = (value, unit) }
  }

  /// How it was fitted.
  package struct Fit: Sendable, Hashable, Codable {
    /// The C of logistic regression, the shrinkage of discriminant analysis, the α of a ridge, the
    /// number of a forest's trees.
    package var strength = 0.0
    package var isBalanced = true
    package var weighting = TrainingSet.Weighting.pixel
    package var rows = 0
    /// Labelled pixels of each class that has some, by its id.
    package var labelled: [String: Int] = [:]
    package var isCapped = false
    package var certificate = 0.0
    package var hasConverged = true
    /// The share of each class's labelled pixels that were answered rightly by models fitted without
    /// their strokes, by its id; `nil` where there were no refits.
    package var heldOutAccuracy: [String: Double]?

    package init() {}
  }

  /// What was chosen by holding out strokes or images, and from what.
  package struct Choice: Sendable, Hashable, Codable {
    package struct Trial: Sendable, Hashable, Codable {
      /// `deep`, `classical` or `hybrid`.
      package let features: String
      /// The field's layers that it sees, counted from 0.
      package let layers: [Int]
      package let c: Double
      /// The mean intersection over union of what was held out; `nil` where nothing could be.
      package let estimate: Double?

      package init(features: String, layers: [Int], c: Double, estimate: Double?) {
        (self.features, self.layers, self.c, self.estimate) = (features, layers, c, estimate)
      }
    }

    /// What was held out: `strokes` or `images`; `nothing` where a class has a single stroke.
    package let heldOut: String
    package let chosen: Trial
    /// All that were tried, in their order.
    package let tried: [Trial]
    /// The fraction of the training images that each class is likely to fill, by its id; the scores
    /// were shifted half-way to these.
    package internal(set) var shares: [String: Double]?

    package init(heldOut: String, chosen: Trial, tried: [Trial]) {
      (self.heldOut, self.chosen, self.tried) = (heldOut, chosen, tried)
    }
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
