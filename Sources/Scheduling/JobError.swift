/// The reason why a job was refused, or waits no longer.
package enum JobError: Error, Hashable, Sendable {
  /// The queue is full; the seconds are a prediction of when there will be room.
  case queueFull(JobQueue.Purpose, AdmissionQueue.Limits, retryAfter: Double)
  /// The job waited for as long as a job may.
  case waitedTooLong(JobQueue.Purpose, AdmissionQueue.Limits)
  /// The system does not give so many bytes, the ones that the job would take.
  case outOfMemory(bytes: Int)
  /// The program is about to end.
  case closing
}

extension JobQueue {
  /// The kind of a queue's jobs, from which its settings follow.
  package enum Purpose: Sendable, Hashable {
    case encoding
    /// Queries to encoded images.
    case queries
    /// Answers that hold memory while their clients read them.
    case answers
  }
}
