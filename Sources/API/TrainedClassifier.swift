import Analysis
import Featurization
import Files
import Segmentation

/// A classifier's description for clients, with the time that its training took.
struct TrainedClassifier: Encodable {
  let id: Digest
  let classes: [LabelClass]
  /// Labelled pixels of each class that has some, by its id.
  let labelled: [String: Int]
  let rows: Int
  /// Whether labelled pixels were left out, as there were more than rows.
  let isCapped: Bool
  /// A bound on the distance of the weights to the optimum.
  let certificate: Double
  let hasConverged: Bool
  /// The share of each class's labelled pixels that refits without their strokes answered rightly, by
  /// its id; absent without refits.
  let heldOutAccuracy: [String: Double]?
  /// What `features=auto` chose, and from what; absent where features were given.
  let choice: Provenance.Choice?
  let seconds: Double

  init(_ classifier: Classifier, took duration: Duration) {
    let fit = classifier.provenance.fit
    id = classifier.id
    classes = classifier.classes
    labelled = fit.labelled
    rows = fit.rows
    isCapped = fit.isCapped
    certificate = fit.certificate
    hasConverged = fit.hasConverged
    heldOutAccuracy = fit.heldOutAccuracy
    choice = classifier.provenance.choice
    seconds = ((duration / .milliseconds(1)).rounded()) / 1000
  }
}

/// The same of a classifier of whole images.
struct TrainedImageClassifier: Encodable {
  /// How images were told that were held out, five parts in turn.
  struct HeldOut: Encodable {
    let images: Int
    let right: Int
    let accuracy: Double
    /// Wilson's interval of 95 %.
    let interval: [Double]
    /// Images of each class, told as each.
    let confusion: [[Int]]
  }

  let id: Digest
  let classes: [LabelClass]
  /// Images of each class, by its id.
  let labelled: [String: Int]
  let descriptor: DescriptorKind
  let certificate: Double
  let hasConverged: Bool
  /// Absent where a class has one image alone.
  let heldOut: HeldOut?
  let seconds: Double

  init(_ trained: ImageClassifier.Trained, took duration: Duration) {
    let description = trained.classifier.description
    id = trained.classifier.id
    classes = description.classes
    labelled = Dictionary(grouping: description.training) { "\($0.class)" }.mapValues(\.count)
    descriptor = description.descriptor
    certificate = description.certificate
    hasConverged = description.hasConverged
    heldOut = trained.validation.map {
      HeldOut(
        images: $0.images, right: $0.correct, accuracy: $0.accuracy,
        interval: [$0.interval.lowerBound, $0.interval.upperBound], confusion: $0.confusion)
    }
    seconds = ((duration / .milliseconds(1)).rounded()) / 1000
  }
}
