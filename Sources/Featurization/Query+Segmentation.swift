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

  /// The field with the posted labels, and the vectors that are learnt from.
  ///
  /// Throws as `labelled(with:classes:)`.
  func labelled(
    for training: SegmentationOutput.Training, classes: [LabelClass]? = nil
  ) async throws -> LabelledField {
    let isDeep = training.features.set.isDeep
    return try await labelled(
      with: isDeep ? image(debias: training.debias ?? 0) : nil, classes: classes)
  }

  /// The field with the posted labels, and some vectors; names of classes in a file are those that
  /// are given.
  ///
  /// Throws `FeaturizationError.payload` for what is no labels, or of another size.
  func labelled(
    with image: FieldImage?, classes: [LabelClass]? = nil
  ) async throws -> LabelledField {
    let picture = try await picture(of: image)
    let shown = picture.size
    if let kept = payload?.labels {
      guard kept.labels.size == shown else {
        throw FeaturizationError.segmentation(
          .labelSize(found: kept.labels.size, expected: shown))
      }
      return LabelledField(
        record: record, picture: picture, image: image,
        named: NamedLabels(kept.labels, classes: kept.classes), digest: kept.digest)
    }
    let bytes = NamedLabels.bytes(
      reading: payload?.bytes ?? [], pixels: shown.width * shown.height)
    let named = try await read(bytes) {
      [limits = service.fields.limits.decoding, page = record.request.page] bytes
        throws(PayloadError) in
      try NamedLabels(bytes, of: shown, page: page, limits: limits, classes: classes)
    }
    return LabelledField(
      record: record, picture: picture, image: image, named: named,
      digest: payload?.digest ?? record.name)
  }

  /// Keeps a classifier, and returns its id.
  func keep(_ classifier: Classifier) async throws -> Digest {
    try await service.queue.run { [classifiers = service.classifiers] in
      classifiers.keep(classifier)
    }
  }
}
