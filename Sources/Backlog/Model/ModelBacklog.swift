/// A backlog as a value: without a clock, a thread or a disk.
///
/// It is what the other engines are compared with, and what a server without a folder for its jobs
/// uses. The instants given to it may go back.
package struct ModelBacklog: Sendable {
  /// Owner and text of a submission's key.
  struct KeyName: Hashable, Sendable {
    let owner: JobOwner
    let text: String
  }

  enum Keyed: Hashable, Sendable {
    case job(Int)
    case batch(BatchID)
  }

  package let policy: BacklogPolicy
  /// Gives so many unpredictable bytes.
  let random: @Sendable (Int) -> [UInt8]

  /// By sequence number.
  var jobs: [Int: ModelJob] = [:]
  var sequences: [JobID: Int] = [:]
  /// Sequence numbers by owner, ascending.
  var owned: [JobOwner: [Int]] = [:]
  var line = WaitingLine()
  var running: Set<Int> = []
  var batches: [BatchID: ModelBatch] = [:]
  var workers: [Incarnation: ModelWorker] = [:]
  var keys: [KeyName: Keyed] = [:]
  var lastSequence = 0
  private var hints: [Hint] = []

  package init(policy: BacklogPolicy, random: @escaping @Sendable (Int) -> [UInt8]) {
    (self.policy, self.random) = (policy, random)
  }

  /// What is worth a look since this was last asked.
  package mutating func takeHints() -> [Hint] {
    defer { hints = [] }
    return hints
  }

  mutating func hint(_ hint: Hint) {
    if hint == .work, hints.last == .work { return }
    hints.append(hint)
  }

  /// A job as its owner sees it.
  func shown(_ job: ModelJob) -> JobDocument {
    var document = job.document
    if document.state == .running, let worker = document.worker {
      document.progress = workers[Incarnation(name: worker)]?.progress[document.id]
    }
    if let batch = document.batch, document.state.isEnded {
      document.expires = batches[batch]?.document.expires
    }
    return document
  }

  /// A batch as its owner sees it.
  func shown(_ batch: ModelBatch) -> BatchDocument {
    var document = batch.document
    for job in batch.members.compactMap({ jobs[$0]?.document }) where !job.state.isEnded {
      if job.state == .waiting {
        document.remainder.waiting += 1
      } else {
        document.remainder.running += 1
      }
      document.remainder.seconds += job.order.seconds
    }
    return document
  }

  /// The job of an id, if who asks may see it.
  func job(_ id: JobID, for scope: JobScope) -> ModelJob? {
    guard let job = sequences[id].flatMap({ jobs[$0] }), scope.contains(job.document.owner) else {
      return nil
    }
    return job
  }

  /// The job of a claim that holds.
  func job(of claim: Claim) -> ModelJob? {
    guard let job = job(claim.id, for: .all), job.document.state == .running,
      job.document.epoch == claim.epoch, job.document.worker == claim.worker.name
    else { return nil }
    return job
  }

  /// Kept jobs, in order.
  func kept(of owner: JobOwner) -> [ModelJob] {
    owned[owner, default: []].compactMap { jobs[$0] }
  }

  /// Puts a running job back among those that wait.
  mutating func requeue(_ job: ModelJob) {
    var job = job
    job.document.state = .waiting
    job.document.worker = nil
    job.document.version += 1
    running.remove(job.document.sequence)
    jobs[job.document.sequence] = job
    line.insert(job.place)
    hint(.changed(job.document.id))
    hint(.work)
  }

  /// Ends a waiting or running job.
  mutating func end(_ job: ModelJob, as state: JobState, at now: Timestamp) {
    precondition(state.isEnded, "\(state) is no end")
    var job = job
    if job.document.state == .waiting {
      line.remove(job.place)
      job.document.worker = nil
    }
    if job.document.epoch == 0 { job.finish = nil }
    running.remove(job.document.sequence)
    job.document.state = state
    job.document.ended = now
    job.document.notBefore = nil
    job.document.expires = job.document.batch == nil ? now.advanced(by: policy.kept) : nil
    job.document.version += 1
    jobs[job.document.sequence] = job
    hint(.changed(job.document.id))
    if let batch = job.document.batch { count(state, in: batch, at: now) }
  }

  private mutating func count(_ state: JobState, in id: BatchID, at now: Timestamp) {
    guard var batch = batches[id] else { return }
    batch.document.change(state, by: 1)
    batch.document.version += 1
    if batch.document.endedCount == batch.document.total {
      batch.document.ended = now
      batch.document.expires = now.advanced(by: policy.kept)
    }
    batches[id] = batch
    hint(.batchChanged(id))
  }

  /// Removes an ended job.
  mutating func remove(_ job: ModelJob) {
    let (sequence, owner) = (job.document.sequence, job.document.owner)
    jobs[sequence] = nil
    sequences[job.document.id] = nil
    owned[owner]?.removeAll { $0 == sequence }
    if owned[owner]?.isEmpty == true { owned[owner] = nil }
    if let key = job.key { keys[KeyName(owner: owner, text: key.text)] = nil }
    hint(.changed(job.document.id))
  }

  /// Removes an ended batch, whose jobs are removed already.
  mutating func remove(_ batch: ModelBatch) {
    batches[batch.document.id] = nil
    if let key = batch.key {
      keys[KeyName(owner: batch.document.owner, text: key.text)] = nil
    }
    hint(.batchChanged(batch.document.id))
  }
}

extension BatchDocument {
  /// Counts a job that ended, or one that is forgotten.
  mutating func change(_ state: JobState, by change: Int) {
    switch state {
    case .done: done += change
    case .failed: failed += change
    case .cancelled: cancelled += change
    case .expired: expired += change
    case .waiting, .running: break
    }
  }
}
