import Fields
import Imaging
import LinearAlgebra
import Segmentation

/// A classifier's answer for a field, cleaned up.
struct SegmentedImage {
  let classifier: Classifier
  let grey: GreyPicture
  private let scores: Scores
  /// The probabilities after the random field; `nil` without one.
  private let refined: Probabilities?
  private let cleanup: Cleanup
  private let workers: ThreadPool

  /// Applies a classifier; `image` has the vectors that it may need.
  init(
    _ classifier: Classifier, of picture: FieldPicture, _ image: FieldImage?, _ cleanup: Cleanup,
    workers: ThreadPool
  ) throws(FeaturizationError) {
    self.classifier = classifier
    self.cleanup = cleanup
    self.workers = workers
    grey = picture.levels
    let scores = try SegmentedImage.applied(classifier, to: image) { [grey] classifier, deep in
      try classifier.scores(deep: deep, grey: grey, workers: workers)
    }
    self.scores = try cleanup.scores(scores, guide: grey, workers: workers)
    refined = cleanup.refined(self.scores, guide: grey, workers: workers)
  }

  /// The classes alone, without scores where no step of the clean-up needs them.
  static func labels(
    _ classifier: Classifier, of picture: FieldPicture, _ image: FieldImage?, _ cleanup: Cleanup,
    workers: ThreadPool
  ) throws(FeaturizationError) -> LabelImage {
    guard !cleanup.changesScores else {
      return try SegmentedImage(classifier, of: picture, image, cleanup, workers: workers).labels
    }
    let labels = try applied(classifier, to: image) { classifier, deep in
      try classifier.labels(deep: deep, grey: picture.levels, workers: workers)
    }
    return cleanup.labels(labels, ids: classifier.ids, workers: workers)
  }

  /// What `read` makes of a classifier and the vectors that it may need.
  private static func applied<Value>(
    _ classifier: Classifier, to image: FieldImage?,
    _ read: (Classifier, [FeatureField]) throws -> Value
  ) throws(FeaturizationError) -> Value {
    do {
      let classifier = try image.map { try classifier.spread(over: $0.request) } ?? classifier
      return try read(classifier, image.map { [$0.features(.pixel)] } ?? [])
    } catch let error as SegmentationError {
      throw .segmentation(error)
    } catch {
      preconditionFailure("\(error)")
    }
  }

  /// Bytes of memory while it is made and read.
  static func bytes(
    of picture: FieldPicture, _ image: FieldImage?, _ classifier: Classifier, _ cleanup: Cleanup
  ) -> Int {
    let classes = classifier.ids.count
    let pixel = 8 + 12 * classes + cleanup.bytesOfPixel(classes: classes)
    return (image?.bytesWhenRead ?? 0) + picture.grey.count * pixel
  }

  var probabilities: Probabilities { refined ?? scores.probabilities(workers: workers) }

  var labels: LabelImage {
    let likeliest =
      refined.map { Scores(size: $0.size, ids: $0.ids, planes: $0.planes) } ?? scores
    return cleanup.labels(
      likeliest.labels(workers: workers), ids: classifier.ids, workers: workers)
  }
}
