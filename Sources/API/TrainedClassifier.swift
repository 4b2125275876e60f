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
    choice = classifier.provenance.choice
    seconds = ((duration / .milliseconds(1)).rounded()) / 1000
  }
}
