import API
import Encoders
import Featurization
import Files
import Foundation
import ImageCodecs
import Segmentation

/// A classifier with the requests that are made of each image.
struct SegmentationBatch {
  private let parts: Composition
  private let segmentation: FeatureRequest
  private let measurements: [(MeasurementsOutput.Quantity, FeatureRequest)]

  /// Reads the options; those that the classifier determines are refused.
  init(
    _ classifier: Classifier, _ parts: Composition, output: String, format: String?,
    measures: Bool, _ given: [(name: String, value: String)]
  ) throws {
    let id = parts.services.classifiers.keep(classifier)
    let ofAnswers: [Parameter] = [.clean, .dtype, .uncertainty]
    let names = Set(ofAnswers.map(\.rawValue))
    let field = try classifier.fieldOptions(with: given.filter { !names.contains($0.name) })
    let answers = given.filter { names.contains($0.name) }
    var own = [("output", output), ("classifier", id.description)]
    if let format = format ?? (output == "labels" ? "tiff" : nil) { own.append(("format", format)) }
    self.parts = parts
    do {
      segmentation = try parts.services.fields.request(
        field + answers + own, among: OutputKind.ofClassifiers)
      let clean = answers.filter { $0.name == Parameter.clean.rawValue }
      let fields = parts.services.fields
      let quantities: [MeasurementsOutput.Quantity] = measures ? [.fractions, .objects] : []
      measurements = try quantities.map { quantity in
        let options = clean + [("of", quantity.rawValue), ("classifier", id.description)]
        return (quantity, try fields.request(field + options, among: [.measurements]))
      }
    } catch let error as ParameterError {
      throw Problem(error)
    }
  }

  var fileExtension: String { segmentation.format.fileExtension }

  /// Writes the answer for an image.
  func segment(_ image: [UInt8], to path: String, _ progress: WorkProgress) async throws {
    try await answer(segmentation, image, progress).write(to: path)
  }

  /// The tables of an image, CSV.
  func measure(
    _ image: [UInt8], _ progress: WorkProgress
  ) async throws -> [MeasurementsOutput.Quantity: [UInt8]] {
    var tables: [MeasurementsOutput.Quantity: [UInt8]] = [:]
    for (quantity, request) in measurements {
      tables[quantity] = try await answer(request, image, progress).bytes()
    }
    return tables
  }

  private func answer(
    _ request: FeatureRequest, _ image: [UInt8], _ progress: WorkProgress
  ) async throws -> Answer {
    let source = try await parts.services.fields.source(.bytes(image), request.field)
    return try await parts.services.queries.answer(source, request, progress: progress)
  }
}
