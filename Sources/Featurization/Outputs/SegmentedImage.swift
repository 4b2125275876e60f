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
    let deep = image.map { [$0.features(.pixel)] } ?? []
    let scores: Scores
    do {
      let classifier = try image.map { try classifier.spread(over: $0.request) } ?? classifier
      scores = try classifier.scores(deep: deep, grey: grey, workers: workers)
    } catch let error as SegmentationError {
      throw .segmentation(error)
    } catch {
      preconditionFailure("\(error)")
    }
    self.scores = try cleanup.scores(scores, guide: grey, workers: workers)
    refined = cleanup.refined(self.scores, guide: grey, workers: workers)
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
