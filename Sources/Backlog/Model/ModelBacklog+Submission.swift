package import Files

extension ModelBacklog {
  package mutating func enqueue(
    _ submission: Submission, at now: Timestamp
  ) throws(BacklogError) -> Receipt {
    if let key = submission.key, let receipt = try replay(key, of: submission.owner) {
      return receipt
    }
    try policy.check(
      submission, live: liveCount(of: submission.owner), kept: jobs.count,
      firstEnd: firstEnd(of: submission.owner))
    let batch = openBatch(for: submission, at: now)
    var turn = startTag(of: submission)
    for (place, order) in submission.jobs.enumerated() {
      lastSequence += 1
      var document = JobDocument(
        id: JobID(at: now, random: random(10)), sequence: lastSequence, owner: submission.owner,
        jobClass: submission.jobClass, batch: batch, place: batch == nil ? nil : place,
        order: order, trace: submission.trace, created: now)
      document.expires = submission.cancelAfter.map { now.advanced(by: $0) }
      let job = ModelJob(
        document: document, turn: turn, finish: turn + order.seconds,
        key: batch == nil ? submission.key : nil)
      turn += order.seconds
      add(job)
    }
    hint(.work)
    if let key = submission.key {
      keys[KeyName(owner: submission.owner, text: key.text)] =
        batch.map { .batch($0) } ?? .job(lastSequence)
    }
    guard let receipt = receipt(batch.map { .batch($0) } ?? .job(lastSequence), false) else {
      preconditionFailure("a submission without a receipt")
    }
    return receipt
  }

  private mutating func add(_ job: ModelJob) {
    let sequence = job.document.sequence
    jobs[sequence] = job
    sequences[job.document.id] = sequence
    owned[job.document.owner, default: []].append(sequence)
    line.insert(job.place)
    if let batch = job.document.batch { batches[batch]?.members.append(sequence) }
  }

  private mutating func openBatch(for submission: Submission, at now: Timestamp) -> BatchID? {
    guard case .batch(let name) = submission.shape else { return nil }
    let id = BatchID(at: now, random: random(10))
    batches[id] = ModelBatch(
      document: BatchDocument(
        id: id, owner: submission.owner, name: name, total: submission.jobs.count, created: now),
      key: submission.key, members: [])
    return id
  }

  private func replay(
    _ key: Submission.Key, of owner: JobOwner
  ) throws(BacklogError) -> Receipt? {
    guard let keyed = keys[KeyName(owner: owner, text: key.text)] else { return nil }
    let print =
      switch keyed {
      case .job(let sequence): jobs[sequence]?.key?.print
      case .batch(let id): batches[id]?.key?.print
      }
    guard print == key.print else { throw .keyReused }
    return receipt(keyed, true)
  }

  private func receipt(_ keyed: Keyed, _ isReplayed: Bool) -> Receipt? {
    switch keyed {
    case .job(let sequence):
      jobs[sequence].map { Receipt(.job(shown($0)), isReplayed: isReplayed) }
    case .batch(let id):
      batches[id].map { Receipt(.batch(shown($0)), isReplayed: isReplayed) }
    }
  }

  /// The start tag of a submission's first job: where the class is, or where its owner's last job
  /// ends.
  ///
  /// Source: Goyal et al. 1996, start-time fair queueing.
  private func startTag(of submission: Submission) -> Double {
    let level =
      line.first(of: submission.jobClass)?.turn
      ?? running.compactMap { jobs[$0]?.turn }.max()
      ?? jobs.values.compactMap(\.finish).max() ?? 0
    return max(level, kept(of: submission.owner).compactMap(\.finish).max() ?? 0)
  }

  /// Jobs of an owner that wait or run.
  package func liveCount(of owner: JobOwner) -> Int {
    kept(of: owner).count { !$0.document.state.isEnded }
  }

  /// Predicted seconds until one of an owner's jobs may end: those of its first one.
  private func firstEnd(of owner: JobOwner) -> Double {
    kept(of: owner).first { !$0.document.state.isEnded }?.document.order.seconds ?? 0
  }

  package func liveCount(naming image: Digest) -> Int {
    jobs.values.count { $0.document.order.image == image && !$0.document.state.isEnded }
  }
}

extension BacklogPolicy {
  /// Refuses a submission that would exceed a limit.
  package func check(
    _ submission: Submission, live: Int, kept: Int, firstEnd: Double
  ) throws(BacklogError) {
    let count = submission.jobs.count
    guard count <= submissionJobs else { throw .tooManyJobs(count: count, limit: submissionJobs) }
    guard count <= ownerJobs - live else {
      throw .ownerFull(limit: ownerJobs, live: live, retryAfter: firstEnd)
    }
    guard count <= jobs - kept else { throw .full(limit: jobs) }
  }
}
