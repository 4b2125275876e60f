package import Segmentation
import Files

extension Services {
  /// The options with those of the classifier that a field is made for in its place.
  ///
  /// Throws `ParameterError`, and `FeaturizationError.noSuchClassifier`.
  package func resolved(
    _ options: [(name: String, value: String)]
  ) async throws -> [(name: String, value: String)] {
    guard let place = options.firstIndex(where: { $0.name == Parameter.for.rawValue }) else {
      return options
    }
    guard let id = Digest(hex: options[place].value) else {
      throw ParameterError.invalid(.for, value: options[place].value)
    }
    let classifier = try await classifiers.classifier(id, on: queries.queue)
    var others = options
    others.remove(at: place)
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
