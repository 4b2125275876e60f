import Encoders
import Files
package import Segmentation

extension Services {
  /// The word in place of a classifier's id for a field whose pixels will be classified.
  package static let segmentation = "segmentation"

  /// Whether options name a classifier whose options a field gets, and with them its model.
  package static func namesClassifier(_ options: [(name: String, value: String)]) -> Bool {
    options.contains { $0.name == Parameter.for.rawValue && $0.value != segmentation }
  }

  /// Options of a field with the layers that classifiers are best offered: one at three quarters of
  /// the model's depth and the last, where none are given and the model has several.
  ///
  /// Source: measurements on micrographs with full truth.
  package func forSegmentation(
    _ options: [(name: String, value: String)]
  ) -> [(name: String, value: String)] {
    let given = Dictionary(options.map { ($0.name, $0.value) }) { first, _ in first }
    let name = given[Parameter.model.rawValue] ?? models.defaultName
    guard given[Parameter.layer.rawValue] == nil, given[Parameter.facet.rawValue] == nil,
      let card = models.card(named: name), card.hasSeveralLayers, card.depth > 1
    else { return options }
    return options + [(Parameter.layer.rawValue, "\(3 * card.depth / 4 - 1),last")]
  }

  /// The options with those of the classifier that a field is made for in its place, or with those
  /// that classifiers are best offered.
  ///
  /// Throws `ParameterError`, and `FeaturizationError.noSuchClassifier`.
  package func resolved(
    _ options: [(name: String, value: String)]
  ) async throws -> [(name: String, value: String)] {
    guard let place = options.firstIndex(where: { $0.name == Parameter.for.rawValue }) else {
      return options
    }
    var others = options
    let value = others.remove(at: place).value
    if value == Services.segmentation { return forSegmentation(others) }
    guard let id = Digest(hex: value) else { throw ParameterError.invalid(.for, value: value) }
    let classifier = try await classifiers.classifier(id, on: queries.queue)
    return try classifier.fieldOptions(with: others)
  }

  /// The classifier that options name.
  ///
  /// Throws `ParameterError`, and `FeaturizationError.noSuchClassifier`.
  package func classifier(
    named options: [(name: String, value: String)]
  ) async throws -> Classifier {
    let value = options.first { $0.name == Parameter.classifier.rawValue }?.value
    guard let value else { throw ParameterError.needed(.classifier) }
    guard let id = Digest(hex: value) else {
      throw ParameterError.invalid(.classifier, value: value)
    }
    return try await classifiers.classifier(id, on: queries.queue)
  }
}

extension FieldService {
  /// The field request of some options; options of queries are refused.
  package func fieldRequest(
    _ options: [(name: String, value: String)]
  ) throws(ParameterError) -> FieldRequest {
    for option in options {
      guard let parameter = Parameter(rawValue: option.name) else { continue }
      guard Parameter.ofFields.contains(parameter) else {
        throw .notApplicableHere(parameter)
      }
    }
    let request = try request(options)
    guard request.pages == nil else { throw .severalPages }
    return request.field
  }
}
