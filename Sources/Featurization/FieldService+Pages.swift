import Encoders
import Scheduling

extension FieldService {
  /// Finds what the pages of a request have in common, as a job of the queue.
  ///
  /// Throws `FeaturizationError`, `JobError`, or `CancellationError` when the task is cancelled.
  func survey(
    _ image: [UInt8], _ request: FieldRequest, _ choice: PageChoice, for owner: Owner
  ) async throws -> PageSurvey {
    let lease = try await models.lease(request.model)
    let inspection = try await queue.run { [limits] in
      try PageInspection(image, request, choice, encoder: lease.model.encoder, limits: limits)
    }
    let progress = WorkProgress()
    let reservation = try await Reservation(
      in: queue,
      .init(
        seconds: inspection.seconds, bytes: inspection.bytes() + image.count, owner: owner))
    return try await withTaskCancellationHandler {
      defer { reservation.finish() }
      return try await queue.run { try inspection.survey(progress) }
    } onCancel: {
      progress.cancel()
    }
  }

  /// An image's bytes, read once for all pages.
  func bytes(of image: ImageSource, for owner: Owner) async throws -> [UInt8] {
    try await images.reader(of: image, for: owner)()
  }
}
