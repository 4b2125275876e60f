import Featurization
import Files
import Foundation
import Imaging

/// How far a field is, as its client reads it; of one that could not be made, why.
struct FieldProgressListing: Encodable {
  /// The members of a problem that say why.
  struct Failure: Encodable {
    let type: String
    let title: String
    let status: Int
    let detail: String
  }

  let id: Digest
  /// The name of the image.
  let image: String
  let size: Size
  let state: FieldProgress.State
  let progress: Double
  let seconds: Double
  let secondsLeft: Double
  let views: Int
  let viewsDone: Int
  let position: Int?
  let problem: Failure?
  /// The id of the job that makes it, in the answer that it was taken.
  let job: String?

  init(_ field: FieldProgress, job: String? = nil) {
    self.job = job
    id = field.id
    image = field.image.imageName
    (size, state) = (field.size, field.state)
    progress = rounded(field.done)
    (seconds, secondsLeft) = (rounded(field.seconds), rounded(field.secondsLeft))
    (views, viewsDone) = (field.views, field.viewsDone)
    position = field.position
    problem = field.error.map { error in
      let problem = Problem(any: error)
      return Failure(
        type: "/problems/\(problem.kind)", title: problem.title, status: problem.status,
        detail: problem.detail)
    }
  }
}

private func rounded(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }

extension FieldProgress.State: Encodable {}
