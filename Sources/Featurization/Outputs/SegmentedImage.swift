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
  ///
  /// Throws `SegmentationError`, and `CancellationError` where `shouldStop` says so.
  init(
    _ classifier: Classifier, of picture: FieldPicture, _ image: FieldImage?, _ cleanup: Cleanup,
    workers: ThreadPool, shouldStop: @escaping @Sendable () -> Bool
  ) throws {
    self.classifier = classifier
    self.cleanup = cleanup
    self.workers = workers
    grey = picture.levels
    scores = try cleanup.scores(
      classifier.spread(over: image).scores(
        deep: image.deep, grey: grey, workers: workers, shouldStop: shouldStop),
      guide: grey, workers: workers)
    refined = cleanup.refined(scores, guide: grey, workers: workers)
  }

  /// The classes alone, without scores where no step of the clean-up needs them; of every `step`-th
  /// pixel of every `step`-th row, and where there is no clean-up no others are computed.
  static func labels(
    _ classifier: Classifier, of picture: FieldPicture, _ image: FieldImage?, _ cleanup: Cleanup,
    step: Int = 1, workers: ThreadPool, shouldStop: @escaping @Sendable () -> Bool
  ) throws -> LabelImage {
    guard !cleanup.changesScores else {
      return try SegmentedImage(
        classifier, of: picture, image, cleanup, workers: workers, shouldStop: shouldStop
      ).labels.taken(every: step)
    }
    let isClean = cleanup != .none
    let labels = try classifier.spread(over: image).labels(
      deep: image.deep, grey: picture.levels, step: isClean ? 1 : step, workers: workers,
      shouldStop: shouldStop)
    guard isClean else { return labels }
    return cleanup.labels(labels, ids: classifier.ids, workers: workers).taken(every: step)
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

extension Classifier {
  /// The classifier of an image's layers, where it has learnt from fewer.
  fileprivate func spread(over image: FieldImage?) throws(SegmentationError) -> Classifier {
    guard let image else { return self }
    return try spread(over: image.request)
  }
}

extension FieldImage? {
  /// The vectors of its pixels; none without an image.
  fileprivate var deep: [FeatureField] { map { [$0.features(.pixel)] } ?? [] }
}
