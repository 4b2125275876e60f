import Encoders
package import Segmentation

extension QueryService {
  /// A classifier of trees that another program grew on the features of pixels, for fields that are
  /// made as an image's is: the vectors as `/fields/{id}/sample` gives them, then the 42 classical
  /// features as they are.
  ///
  /// Without `classes` they are those of the file. Throws `FeaturizationError`, or
  /// `SegmentationError` where the model takes other features.
  package func classifier(
    _ model: ImportedModel, _ training: SegmentationOutput.Training, for image: FieldSource,
    classes: [LabelClass]?
  ) throws -> Classifier {
    let request = image.record.request
    guard let card = fields.models.card(named: request.model) else {
      throw FeaturizationError.fieldGone(image.record.name)
    }
    let set = training.features.set
    let deepDim = set.isDeep ? card.channels(of: request.encodeOptions) : 0
    let expected = set.dim(deep: deepDim)
    guard model.dim == expected else {
      throw SegmentationError.dimensions(found: expected, expected: model.dim)
    }
    if let classes { try LabelClass.check(classes) }
    let trees = try model.trees(ids: classes.map { $0.map(\.id).sorted() })
    let channels = set.classical?.channels ?? 0
    var provenance = Provenance()
    provenance.options = image.record.comparableOptions
    provenance.debias = training.debias
    provenance.fit.strength = Double(trees.roots.count)
    return Classifier(
      classes: classes ?? trees.ids.map { LabelClass.unnamed($0) }, features: set,
      deepDim: deepDim,
      standardisation: Standardisation(
        mean: [Double](repeating: 0, count: channels),
        scale: [Double](repeating: 1, count: channels)),
      model: .trees(trees), provenance: provenance)
  }
}
