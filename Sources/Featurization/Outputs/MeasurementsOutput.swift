import Encoders
import Fields
package import Files
import Imaging
import LinearAlgebra
import Rendering
import Segmentation

/// `/measurements`: what is measured of a field's classes, as a classifier tells them or as a posted
/// label image has them.
///
/// With a classifier a posted image is a mask: where it is 255 nothing is measured. Source: the
/// definitions are scikit-image's and stereology's, as the types of `Segmentation` name them.
package struct MeasurementsOutput: Output {
  package enum Quantity: String, Sendable, Hashable, Encodable, CaseIterable {
    /// The share of each class, with its interval for the material.
    case fractions
    /// Area, shape and place of each connected object.
    case objects
    /// Lengths between classes, surfaces in the volume, mean intercepts.
    case interfaces
    /// How likely two places at a distance are in one class.
    case correlation
  }

  package let quantity: Quantity
  /// The classifier that was kept; `nil` where labels are posted.
  package let classifier: Digest?
  package let clean: Cleanup
  package let selection: Selection
  package var kind: OutputKind { .measurements }

  /// Most objects of one answer.
  package static let mostObjects = 200_000

  package func prepare(_ query: Query) async throws -> Rendering {
    let source = try await source(of: query)
    return Rendering(bytes: Footprint.Bytes(making: source.bytes)) { encoder in
      let measured = try measured(
        source, encoder.record, workers: encoder.threads, shouldStop: encoder.shouldStop)
      let table = try measured.table(of: quantity, workers: encoder.threads)
      var rendered = document(table, measured, encoder)
      rendered.classifier = classifier
      return rendered
    }
  }

  /// What is measured of a field.
  struct Source: Sendable {
    let picture: FieldPicture
    let image: FieldImage?
    let classifier: Classifier?
    let posted: NamedLabels?
    /// Of memory while it is measured.
    let bytes: Int
  }

  func source(of query: Query) async throws -> Source {
    let made =
      if let classifier { try await query.classifier(classifier) } else { nil as Classifier? }
    guard made != nil || query.payload != nil else { throw FeaturizationError.noLabels }
    let image = if let made { try await query.image(for: made) } else { nil as FieldImage? }
    let picture = try await query.picture(of: image)
    try selection.check(in: picture.size)
    let posted = query.payload == nil ? nil : try await query.labelled(with: nil).named
    // The objects' numbers and the correlation's transforms; a copy of the probabilities.
    let bytes =
      (160 + 8 * (made?.ids.count ?? 0)) * picture.grey.count
      + (made.map { SegmentedImage.bytes(of: picture, image, $0, clean) } ?? 0)
    return Source(picture: picture, image: image, classifier: made, posted: posted, bytes: bytes)
  }

  /// The classes that are measured, with what is known of them.
  func measured(
    _ source: Source, _ record: FieldRecord, workers: ThreadPool,
    shouldStop: @escaping @Sendable () -> Bool
  ) throws -> MeasuredImage {
    let (picture, posted) = (source.picture, source.posted)
    let window = selection.window(of: picture.size)
    let name = record.image.imageName
    let pixel = picture.source.pixelSize
    guard let classifier = source.classifier else {
      guard let posted else { preconditionFailure("neither classifier nor labels") }
      let ids = posted.labels.ids()
      let classes = ids.map { id in posted.classes.first { $0.id == id } ?? .unnamed(id) }
      return MeasuredImage(
        name: name, labels: clean.labels(posted.labels, ids: ids, workers: workers),
        grey: picture.levels, classes: classes, pixel: pixel, window: window)
    }
    let segmented = try SegmentedImage(
      classifier, of: picture, source.image, clean, workers: workers, shouldStop: shouldStop)
    var refits: [PhaseFractions] = []
    for refit in quantity == .fractions ? classifier.refitted : [] {
      let labels = try SegmentedImage.labels(
        refit, of: picture, source.image, clean, workers: workers, shouldStop: shouldStop
      ).masked(by: posted?.labels)
      refits.append(PhaseFractions(of: labels.cropped(to: window)))
    }
    return MeasuredImage(
      name: name, labels: segmented.labels.masked(by: posted?.labels), grey: picture.levels,
      classes: classifier.classes, probabilities: segmented.probabilities,
      errors: refits.isEmpty
        ? nil
        : MeasuredImage.Errors(
          spread: RefitSpread(of: refits),
          accuracies: classifier.provenance.fit.heldOutAccuracy ?? [:]),
      pixel: pixel, window: window)
  }

  func document(
    _ table: Table, _ picture: MeasuredImage, _ encoder: OutputEncoder
  ) -> RenderedOutput {
    let shape = [table.rows.count, table.columns.count]
    guard encoder.request.format == .json else {
      return RenderedOutput(shape: shape, stage: kind.name, body: .whole(table.csv))
    }
    let notices = picture.notices(of: quantity).map(\.jsonQuoted).joined(separator: ",")
    let pixel = picture.pixelSize.map { "[\(1e6 * $0.width),\(1e6 * $0.height)]" } ?? "null"
    let text =
      "{\"measurement\":\"\(quantity.rawValue)\",\"field\":\"\(encoder.record.name)\","
      + "\"classifier\":\(classifier.map { "\"\($0)\"" } ?? "null"),"
      + "\"image\":\"\(encoder.record.image.imageName)\",\"clean\":\"\(clean)\","
      + "\"width\":\(picture.size.width),\"height\":\(picture.size.height),"
      + "\"pixel_size_um\":\(pixel),\"notices\":[\(notices)],\"rows\":\(table.json)}\n"
    return RenderedOutput(shape: shape, stage: kind.name, body: .whole(Array(text.utf8)))
  }
}

extension LabelImage {
  /// The ids of classes that it has, ascending.
  func ids() -> [UInt8] {
    let counts = self.counts
    return (1..<255).filter { counts[$0] > 0 }.map { UInt8($0) }
  }

  /// Without what a mask leaves out.
  fileprivate func masked(by mask: LabelImage?) -> LabelImage {
    guard let mask else { return self }
    let kept = zip(ids, mask.ids).map { $1 == LabelClass.ignored ? LabelClass.ignored : $0 }
    return LabelImage(size: size, ids: kept)
  }
}

extension OutputKind {
  package static let measurements = OutputKind(
    "measurements", formats: [.csv, .json], parameters: [.of, .classifier, .clean, .region],
    ofPages: [.csv, .json]
  ) { options throws(ParameterError) in
    let given = options.given
    let classifier = try given.value(.classifier) { Digest(hex: $0) }
    let clean = try given.value(.clean, .none) { Cleanup($0) }
    // Posted classes have no scores.
    if classifier == nil, clean.changesScores { throw .conflict(.clean, .classifier) }
    return MeasurementsOutput(
      quantity: try given.choice(.of, .fractions), classifier: classifier, clean: clean,
      selection: try given.value(.region, Selection.all) { Selection(region: $0) })
  }
}
