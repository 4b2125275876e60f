/// What a worker can take.
package struct Room: Hashable, Sendable {
  /// Seconds of short jobs that are claimed for each free runner.
  package static let shortWork = 2.0
  /// Most jobs of one claim.
  package static let largestClaim = 64

  /// Free runners, at least one.
  package var runners: Int
  package var bytes: Int
  /// The digests of the weights that are at hand.
  package var weights: [String]
  /// Seconds until the worker ends.
  package var secondsLeft: Double
  /// Whether it has no claim: a job that lost a worker is run alone.
  package var isIdle: Bool

  package init(
    runners: Int, bytes: Int, weights: [String], secondsLeft: Double = .infinity, isIdle: Bool
  ) {
    precondition(runners > 0, "\(runners) runners")
    (self.runners, self.bytes, self.weights) = (runners, bytes, weights)
    (self.secondsLeft, self.isIdle) = (secondsLeft, isIdle)
  }

  /// What decides whether a job fits.
  package struct Candidate: Hashable, Sendable {
    package var seconds: Double
    package var bytes: Int
    /// Whether a worker died under it.
    package var isSuspect: Bool

    package init(seconds: Double, bytes: Int, isSuspect: Bool) {
      (self.seconds, self.bytes, self.isSuspect) = (seconds, bytes, isSuspect)
    }
  }

  /// How many of some jobs, in their order, are claimed together.
  ///
  /// A suspect is claimed alone, by an idle worker; where it comes first, others let it go first.
  package func count(of candidates: [Candidate]) -> Int {
    var (count, seconds, free) = (0, 0.0, bytes)
    for candidate in candidates.prefix(Room.largestClaim) {
      if candidate.isSuspect { return count == 0 && isIdle ? 1 : count }
      guard candidate.bytes <= free else { return count }
      if count >= runners, seconds + candidate.seconds > Room.shortWork * Double(runners) {
        return count
      }
      count += 1
      seconds += candidate.seconds
      free -= candidate.bytes
    }
    return count
  }
}

/// The right to run a job, until the worker is gone or another claims it.
package struct Claim: Hashable, Sendable {
  package let worker: Incarnation
  /// As it was when it was claimed.
  package let job: JobDocument

  package init(worker: Incarnation, job: JobDocument) {
    (self.worker, self.job) = (worker, job)
  }

  package var id: JobID { job.id }
  package var epoch: Int { job.epoch }
}

/// How the run of a claimed job ended.
package enum JobOutcome: Hashable, Sendable {
  case done(JobAnswer)
  /// A problem document in JSON, of what would happen again.
  case failed(problem: String)
  /// A problem document in JSON, of what may pass: the job waits, or fails after too many tries.
  case retry(problem: String)
  /// It was stopped; without a wish to cancel it waits again.
  case cancelled
}
