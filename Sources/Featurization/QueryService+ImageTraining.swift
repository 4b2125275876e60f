package import Files
package import Scheduling
package import Segmentation

/// A kept field, and the id of the class of its image.
package struct ImageExample: Sendable, Hashable {
  package let field: Digest
  package let `class`: UInt8

  package init(field: Digest, class id: UInt8) { (self.field, self.class) = (field, id) }
}

extension QueryService {
  /// Trains a classifier of whole images on kept fields, and keeps it.
  ///
  /// Throws `FeaturizationError`, `JobError`, or `CancellationError` when the task is cancelled.
  package func train(
    on examples: [ImageExample], classes: [LabelClass], by descriptor: DescriptorKind, c: Double,
    for owner: Owner = .anonymous
  ) async throws -> ImageClassifier.Trained {
    var images: [(descriptors: FieldDescriptors, class: UInt8)] = []
    for example in examples {
      images.append((try await descriptors(of: example.field, for: owner), example.class))
    }
    if let first = images.first?.descriptors.comparableOptions {
      for other in images.dropFirst() {
        let differences = OptionDifference.all(other.descriptors.comparableOptions, from: first)
        guard differences.isEmpty else { throw FeaturizationError.unlikeFields(differences) }
      }
    }
    let dim = images.first.map { $0.descriptors[descriptor].count } ?? 0
    // Rows, their copies for each part that is held out, and the solver's matrix.
    let bytes = 32 * dim * (images.count + dim)
    return try await cancellably(bytes, owner) { [images, threads, classifiers] shouldStop in
      let trained = try ImageClassifier.trained(
        on: images, classes: classes, by: descriptor, c: c, workers: threads,
        shouldStop: shouldStop)
      _ = classifiers.keep(.images(trained.classifier))
      return trained
    }
  }
}

extension Query {
  /// The logits that a kept classifier gives the image.
  ///
  /// Throws `FeaturizationError.noSuchClassifier`, `otherClassifier` and `otherField`.
  func imageLogits(by id: Digest) async throws -> (logits: [Float], names: [String]) {
    let classifier = try await service.queue.run { [classifiers = service.classifiers] in
      try classifiers.imageClassifier(id)
    }
    let image = try await image().encoded
    return try await service.inTurn(bytes: 0, owner) { [record] in
      let descriptors = FieldDescriptors(record, image)
      let differences = OptionDifference.all(
        descriptors.comparableOptions, from: classifier.description.options)
      guard differences.isEmpty else { throw FeaturizationError.otherField(differences) }
      return (
        classifier.logits(of: descriptors[classifier.description.descriptor]),
        classifier.description.classes.map(\.name)
      )
    }
  }
}
