import Encoders
import Files
import Imaging
import LinearAlgebra
import Scheduling
import Segmentation

extension Query {
  /// A kept classifier, if it was made for fields like this one.
  ///
  /// Throws `FeaturizationError.noSuchClassifier` and `otherField`.
  func classifier(_ id: Digest, for image: FieldImage) async throws -> Classifier {
    let classifier = try await service.classifiers.classifier(id, on: service.queue)
    guard classifier.features.isDeep else { return classifier }
    let differences = classifier.provenance.differences(from: record.comparableOptions)
    guard differences.isEmpty else {
      throw FeaturizationError.otherField(
        differences.map {
          OptionDifference(
            name: $0.name, wanted: $0.classifier ?? "nothing", found: $0.field ?? "nothing")
        })
    }
    return classifier
  }

  /// Trains a classifier on the posted label image.
  ///
  /// Equal labels give an equal classifier. It ends between two passes once the task is cancelled.
  func trainedClassifier(
    _ training: SegmentationOutput.Training, on image: FieldImage
  ) async throws -> Classifier {
    let labels = try await labels(of: image)
    let classes = labels.classes
    let digest = payload?.digest
    let dim = training.features.set.dim(deep: image.encoded.dim)
    let rows = min(TrainingSet.Options(features: .deep).rowLimit, labels.count)
    // Rows, their merged copies, probabilities, and the solver's matrix.
    let bytes = image.encoded.bytesWhenRead + 16 * rows * dim + 32 * dim * dim
    return try await cancellably(bytes) { [record, threads = service.threads] shouldStop in
      let example = TrainingImage(
        key: record.name.description,
        deep: training.features.set.isDeep ? [image.features(.pixel)] : [], grey: image.grey,
        labels: labels.image, cell: record.request.encodeOptions.stride)
      let set = try TrainingSet(
        of: [example], classes: classes,
        options: TrainingSet.Options(features: training.features.set), workers: threads,
        shouldStop: shouldStop)
      let model = try training.fit(set, workers: threads, shouldStop: shouldStop)
      var provenance = Provenance()
      provenance.options = record.comparableOptions
      provenance.fit = training.description(of: set, model)
      provenance.training = [
        Provenance.Image(
          image: record.image.imageName, labels: digest.map { "sha256-\($0)" } ?? "",
          size: labels.image.size)
      ]
      return Classifier(model, of: set, classes: classes, provenance: provenance)
    }
  }

  /// Keeps a classifier, and returns its id.
  func keep(_ classifier: Classifier) async throws -> Digest {
    try await service.queue.run { [classifiers = service.classifiers] in
      classifiers.keep(classifier)
    }
  }

  /// The posted label image with its classes and the number of its labels.
  private struct Labels: Sendable {
    let image: LabelImage
    let classes: [LabelClass]
    let count: Int
  }

  private func labels(of image: FieldImage) async throws -> Labels {
    let shown = image.encoded.canvas.shown
    return try await read(12 * shown.width * shown.height) {
      [limits = service.fields.limits.decoding] bytes throws(PayloadError) in
      let image = try LabelImage(bytes, of: shown, limits: limits)
      let counts = image.counts
      let ids = (1...254).filter { counts[$0] > 0 }.map { UInt8($0) }
      return Labels(
        image: image, classes: ids.map { LabelClass.unnamed($0) },
        count: ids.reduce(0) { $0 + counts[Int($1)] })
    }
  }

  private func cancellably<Value: Sendable>(
    _ bytes: Int, _ work: @escaping @Sendable (@escaping @Sendable () -> Bool) throws -> Value
  ) async throws -> Value {
    let progress = WorkProgress()
    return try await withTaskCancellationHandler {
      do {
        return try await service.inTurn(bytes: bytes, owner) { try work { progress.isCancelled } }
      } catch let error as SegmentationError {
        throw FeaturizationError.segmentation(error)
      }
    } onCancel: {
      progress.cancel()
    }
  }
}

extension SegmentationOutput.Training {
  fileprivate func fit(
    _ set: TrainingSet, workers: ThreadPool, shouldStop: @escaping @Sendable () -> Bool
  ) throws -> LinearModel {
    switch learner {
    case .logistic:
      var regression = LogisticRegression()
      regression.c = c
      return try regression.fit(set, workers: workers, shouldStop: shouldStop)
    case .lda: return try DiscriminantAnalysis().fit(ClassMoments(of: set), ids: set.ids)
    case .ridge: return try RidgeRegression().fit(ClassMoments(of: set), ids: set.ids)
    }
  }

  fileprivate func description(of set: TrainingSet, _ model: LinearModel) -> Provenance.Fit {
    var fit = Provenance.Fit()
    fit.strength =
      switch learner {
      case .logistic: c
      case .lda: DiscriminantAnalysis().shrinkage
      case .ridge: RidgeRegression().alpha
      }
    fit.rows = set.count
    fit.labelled = Dictionary(
      uniqueKeysWithValues: zip(set.ids, set.labelled).map { ("\($0)", $1) })
    fit.isCapped = set.isCapped
    fit.certificate = model.certificate
    fit.hasConverged = model.hasConverged
    return fit
  }
}
