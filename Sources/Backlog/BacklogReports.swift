package import Files

/// What a sweep found and changed.
package struct Swept: Hashable, Sendable {
  /// Workers whose lease ended.
  package var gone = 0
  /// Jobs of dead workers that wait again.
  package var requeued = 0
  /// Jobs that lost their last worker.
  package var failed = 0
  package var cancelled = 0
  package var expired = 0
  /// Ended jobs that were forgotten.
  package var deleted = 0

  package init() {}

  package var isEmpty: Bool { self == Swept() }
}

/// The jobs of a backlog in numbers, for metrics.
package struct BacklogCounts: Hashable, Sendable {
  /// Kept jobs by state and class.
  package var jobs: [JobState: [JobClass: Int]] = [:]
  /// Predicted seconds of the waiting.
  package var waitingSeconds = 0.0
  /// When the oldest of the waiting was submitted.
  package var oldestWaiting: Timestamp?
  /// Workers that are not gone.
  package var workers = 0

  package init() {}

  package func count(_ state: JobState) -> Int { jobs[state]?.values.reduce(0, +) ?? 0 }
}

/// What is claimed before a waiting job.
package struct JobsAhead: Hashable, Sendable {
  /// Most jobs that are counted.
  package static let limit = 10_000

  package var jobs: Int
  /// Their predicted seconds.
  package var seconds: Double

  package init(jobs: Int, seconds: Double) { (self.jobs, self.seconds) = (jobs, seconds) }
}

/// What the store must keep for a job.
package struct JobPin: Hashable, Sendable {
  package var job: JobID
  package var sequence: Int
  package var isLive: Bool
  package var image: Digest?
  package var payload: Digest?
  package var work: Digest
  package var answer: Digest?
  /// What is asked for, of a job that has not ended and is of no image: it names what it needs.
  package var request: String?

  package init(of job: JobDocument) {
    request = job.order.image == nil && !job.state.isEnded ? job.order.request : nil
    (self.job, sequence, isLive) = (job.id, job.sequence, !job.state.isEnded)
    (image, payload) = (job.order.image, job.order.payload)
    (work, answer) = (job.order.work, job.answer?.name)
  }
}

/// What became of a wish to forget.
package enum Forgetting<Document: Hashable & Sendable>: Hashable, Sendable {
  case forgotten
  /// It has not ended.
  case live(Document)
}
