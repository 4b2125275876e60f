import Encoders
import Files
import Imaging
import Scheduling
import Segmentation

extension Query {
  /// A kept classifier, if it was made for fields like this one.
  ///
  /// Throws `FeaturizationError.noSuchClassifier` and `otherField`.
  func classifier(_ id: Digest) async throws -> Classifier {
    let classifier = try await service.classifiers.classifier(id, on: service.queue)
    guard classifier.features.isDeep else { return classifier }
    let differences = classifier.provenance.differences(from: record)
    guard differences.isEmpty else { throw FeaturizationError.otherField(differences) }
    return classifier
  }

  /// The vectors that a classifier sees; `nil` where it sees none.
  func image(for classifier: Classifier) async throws -> FieldImage? {
    guard classifier.features.isDeep else { return nil }
    return try await image(debias: classifier.provenance.debias ?? 0)
  }

  /// The field with the posted label image, and the vectors that are learnt from.
  ///
  /// Throws as `labelled(with:)`.
  func labelled(for training: SegmentationOutput.Training) async throws -> LabelledField {
    guard training.features.set.isDeep else { return try await labelled(with: nil) }
    return try await labelled(with: image(debias: training.debias ?? 0))
  }

  /// The field with the posted label image, and some vectors.
  ///
  /// Throws `FeaturizationError.payload` for one that is none, or of another size.
  func labelled(with image: FieldImage?) async throws -> LabelledField {
    let picture = try await picture(of: image)
    let shown = picture.size
    if let kept = payload?.labels {
      guard kept.labels.size == shown else {
        throw FeaturizationError.segmentation(
          .labelSize(found: kept.labels.size, expected: shown))
      }
      return LabelledField(
        record: record, picture: picture, image: image, labels: kept.labels, digest: kept.digest)
    }
    let labels = try await read(12 * shown.width * shown.height) {
      [limits = service.fields.limits.decoding, page = record.request.page] bytes
        throws(PayloadError) in
      try LabelImage(bytes, of: shown, page: page, limits: limits)
    }
    return LabelledField(
      record: record, picture: picture, image: image, labels: labels,
      digest: payload?.digest ?? record.name)
  }

  /// Keeps a classifier, and returns its id.
  func keep(_ classifier: Classifier) async throws -> Digest {
    try await service.queue.run { [classifiers = service.classifiers] in
      classifiers.keep(classifier)
    }
  }
}
