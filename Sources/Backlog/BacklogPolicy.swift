/// The limits of a backlog.
package struct BacklogPolicy: Hashable, Sendable {
  /// Most jobs of one owner that wait or run.
  package var ownerJobs = 10_000
  /// Most jobs that are kept, ended ones too.
  package var jobs = 1_000_000
  /// Most jobs of one submission.
  package var submissionJobs = 10_000
  /// Seconds for which an ended job is kept.
  package var kept = 7.0 * 86_400
  /// Seconds for which a job waits for weights that no worker has.
  package var patience = 3600.0
  /// Seconds without a heartbeat after which a worker is gone; `nil` where only the process that
  /// holds the backlog works.
  package var lease: Double? = nil
  /// Deaths of workers after which a job has failed.
  package var losses = 3
  /// Failures that may pass after which a job has failed.
  package var tries = 5
  /// Most seconds until a job is tried again.
  package var longestDelay = 300.0
  /// Most rows that one sweep deletes.
  package var deletions = 1000
  /// Seconds for which a dead worker is remembered.
  package var memoryOfWorkers = 3600.0

  package init() {}

  /// Seconds until a job is tried again, after so many failures.
  package func delay(afterTries tries: Int) -> Double {
    tries < 30 ? min(Double(1 << tries), longestDelay) : longestDelay
  }
}
