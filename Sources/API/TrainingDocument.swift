import Featurization
import Files
import Foundation
import Segmentation

/// The JSON of a request to train a classifier.
struct TrainingDocument: Decodable {
  struct Example: Decodable {
    /// A field's id.
    let field: String
    /// The name of an image of labels, `sha256-…`.
    let labels: String?
    /// In place of labels: the class of the whole image.
    let `class`: ClassName?
  }

  /// A block's number, or text as in a query.
  struct Layer: Decodable {
    let text: String

    init(from decoder: any Decoder) throws {
      let value = try decoder.singleValueContainer()
      text = try (try? value.decode(Int.self)).map { "\($0)" } ?? value.decode(String.self)
    }
  }

  let examples: [Example]
  let classes: [LabelClass]?
  let features: SegmentationOutput.Features?
  let kind: SegmentationOutput.Learner?
  let c: Double?
  /// The directions of position that are removed.
  let debias: Int?
  /// The fields' layers that it sees, as the parameter has them; `nil` for all that a field has.
  let layer: Layer?
  /// Of classes of whole images.
  let descriptor: DescriptorKind?
  /// Fits without a share of the strokes each, from which errors are estimated; `nil` for none.
  let refits: Int?

  /// The most bytes of the document, and the most examples.
  static let (longest, most) = (1 << 20, 1000)

  init(_ body: [UInt8]) throws(Problem) {
    guard body.count <= TrainingDocument.longest else {
      throw Problem(
        413, "too-much-json", "The JSON has \(body.count) bytes",
        "The JSON has \(body.count) bytes; the limit is \(TrainingDocument.longest)")
    }
    do {
      self = try JSONDecoder().decode(TrainingDocument.self, from: Data(body))
    } catch {
      throw TrainingDocument.malformed(TrainingDocument.words(for: error))
    }
    guard (1...TrainingDocument.most).contains(examples.count) else {
      throw TrainingDocument.malformed(
        "there are \(examples.count) examples, from 1 to \(TrainingDocument.most) are possible")
    }
    if let refits, !Refits.counts.contains(refits) {
      throw TrainingDocument.malformed(
        "refits is a whole number from \(Refits.counts.lowerBound) to \(Refits.counts.upperBound)")
    }
    if let c, !LogisticRegression.bounds.contains(c) {
      throw Problem(ParameterError.invalid(.c, value: "\(c)"))
    }
  }

  /// The fields with the names of their label images, none of them twice.
  func trainingExamples() throws(Problem) -> [TrainingExample] {
    var found: [TrainingExample] = []
    for (index, example) in examples.enumerated() {
      guard let field = Digest(hex: example.field) else {
        throw TrainingDocument.malformed("examples[\(index)].field is no field's id")
      }
      guard let labels = example.labels.flatMap({ Digest(imageName: $0) }) else {
        throw TrainingDocument.malformed("examples[\(index)].labels is no image's name")
      }
      guard !found.contains(where: { $0.field == field }) else {
        throw TrainingDocument.malformed("examples[\(index)].field is there twice")
      }
      found.append(TrainingExample(field: field, labels: labels))
    }
    return found
  }

  func training() throws(Problem) -> SegmentationOutput.Training {
    if descriptor != nil {
      throw TrainingDocument.malformed("descriptor is of examples with a class, not with labels")
    }
    if layer != nil, features == .classical {
      throw Problem(ParameterError.conflict(.layer, .features))
    }
    do {
      return try SegmentationOutput.Training(
        features: features ?? .hybrid, learner: kind ?? .logistic, c: c, debias: debias)
    } catch {
      throw Problem(error)
    }
  }

  static func malformed(_ reason: String) -> Problem {
    Problem(422, "malformed-training", "The JSON is no request to train", "The JSON: \(reason)")
  }

  /// Where the JSON is wrong, without quoting it.
  private static func words(for error: any Error) -> String {
    guard let error = error as? DecodingError else { return "it cannot be read" }
    func path(_ context: DecodingError.Context) -> String {
      context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
    }
    switch error {
    case .keyNotFound(let key, let context): return "\(path(context)).\(key.stringValue) is missing"
    case .typeMismatch(_, let context), .valueNotFound(_, let context),
      .dataCorrupted(let context):
      let place = path(context)
      return place.isEmpty ? "it is malformed" : "\(place) has a value that is not possible"
    @unknown default: return "it cannot be read"
    }
  }
}
