package import Files

/// Jobs that outlive the processes that submit and run them.
///
/// The laws that every engine obeys are stated in `BacklogTests`. Every call blocks; callers run it
/// on threads of their own. All may be repeated when an answer was lost: submissions by their key,
/// the rest by epoch.
package protocol JobBacklog: Sendable {
  /// Takes all jobs of a submission or none; what is returned is durable.
  func enqueue(_ submission: Submission) throws(BacklogError) -> Receipt

  /// Begins a worker's life.
  func join(_ worker: WorkerCard) throws(BacklogError) -> Incarnation
  /// Ends it in order: what it still runs is released.
  func leave(_ worker: Incarnation) throws(BacklogError)
  /// Renews a worker's lease, and tells how far its jobs are.
  func beat(_ worker: Incarnation, _ progress: [JobProgress]) throws(BacklogError) -> Verdict
  /// Claims the next jobs that fit; none for a worker that is gone.
  func claim(_ worker: Incarnation, _ room: Room) throws(BacklogError) -> [Claim]
  /// The claims that a worker has, also those whose answer was lost on the way to it.
  func held(by worker: Incarnation) throws(BacklogError) -> [Claim]
  /// Ends a claim; returns false where the job is the claim's no more, and nothing was changed.
  func finish(_ claim: Claim, _ outcome: JobOutcome) throws(BacklogError) -> Bool
  /// Gives a job back, uncounted; returns false where it is the claim's no more.
  func release(_ claim: Claim) throws(BacklogError) -> Bool

  /// Cancels a waiting job, and wishes a running one cancelled; returns the job as it is then.
  func cancel(_ id: JobID, for scope: JobScope) throws(BacklogError) -> JobDocument?
  /// Forgets an ended job.
  func forget(_ id: JobID, for scope: JobScope) throws(BacklogError) -> Forgetting<JobDocument>?
  func document(_ id: JobID, for scope: JobScope) throws(BacklogError) -> JobDocument?
  func list(_ query: JobQuery) throws(BacklogError) -> JobPage
  /// What will be claimed before a waiting job; `nil` for any other.
  func ahead(of id: JobID) throws(BacklogError) -> JobsAhead?

  func batch(_ id: BatchID, for scope: JobScope) throws(BacklogError) -> BatchDocument?
  /// Cancels all of a batch that has not ended.
  func cancelBatch(_ id: BatchID, for scope: JobScope) throws(BacklogError) -> BatchDocument?
  /// Forgets an ended batch with its jobs.
  func forgetBatch(
    _ id: BatchID, for scope: JobScope
  ) throws(BacklogError) -> Forgetting<BatchDocument>?
  /// Cancels what an owner has waiting, whose token was removed; returns how many jobs.
  func cancelWaiting(of owner: JobOwner) throws(BacklogError) -> Int

  /// Finds dead workers, expired jobs and old ones; repeated, it changes nothing.
  func sweep() throws(BacklogError) -> Swept
  func counts() throws(BacklogError) -> BacklogCounts
  /// Jobs of an owner that wait or run.
  func liveCount(of owner: JobOwner) throws(BacklogError) -> Int
  /// What kept jobs need, in order of submission, behind a sequence number.
  func pins(after sequence: Int, limit: Int) throws(BacklogError) -> [JobPin]
  /// Live jobs that need an image.
  func liveCount(naming image: Digest) throws(BacklogError) -> Int

  /// Why nothing more is acknowledged, where that will not change.
  var failure: BacklogError? { get }
  /// A new stream of hints, which may be lost: they wake, and polling decides.
  func hints() -> AsyncStream<Hint>
  /// Ends all streams of hints; calls throw `closed` from then on.
  func close()
}
