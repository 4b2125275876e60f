extension ModelBacklog {
  package mutating func cancel(
    _ id: JobID, for scope: JobScope, at now: Timestamp
  ) -> JobDocument? {
    guard let job = job(id, for: scope) else { return nil }
    cancel(job, at: now)
    return self.job(id, for: scope).map(shown)
  }

  private mutating func cancel(_ job: ModelJob, at now: Timestamp) {
    guard !job.document.state.isEnded, !job.document.isCancelWished else { return }
    var job = job
    job.document.isCancelWished = true
    if job.document.state == .waiting {
      end(job, as: .cancelled, at: now)
    } else {
      job.document.version += 1
      jobs[job.document.sequence] = job
      hint(.changed(job.document.id))
      hint(.cancel(job.document.id))
    }
  }

  package mutating func cancelBatch(
    _ id: BatchID, for scope: JobScope, at now: Timestamp
  ) -> BatchDocument? {
    guard let batch = batch(id, in: scope) else { return nil }
    if batch.document.ended == nil, !batch.document.isCancelWished {
      batches[id]?.document.isCancelWished = true
      batches[id]?.document.version += 1
      hint(.batchChanged(id))
      for sequence in batch.members {
        if let job = jobs[sequence] { cancel(job, at: now) }
      }
    }
    return batches[id].map(shown)
  }

  package mutating func cancelWaiting(of owner: JobOwner, at now: Timestamp) -> Int {
    let waiting = kept(of: owner).filter { $0.document.state == .waiting }
    for job in waiting { cancel(job, at: now) }
    return waiting.count
  }

  package mutating func forget(_ id: JobID, for scope: JobScope) -> Forgetting<JobDocument>? {
    guard let job = job(id, for: scope) else { return nil }
    guard job.document.state.isEnded else { return .live(shown(job)) }
    remove(job)
    if let batch = job.document.batch {
      batches[batch]?.members.removeAll { $0 == job.document.sequence }
      batches[batch]?.document.change(job.document.state, by: -1)
      batches[batch]?.document.total -= 1
      batches[batch]?.document.version += 1
      hint(.batchChanged(batch))
    }
    return .forgotten
  }

  package mutating func forgetBatch(
    _ id: BatchID, for scope: JobScope
  ) -> Forgetting<BatchDocument>? {
    guard let batch = batch(id, in: scope) else { return nil }
    guard batch.document.ended != nil else { return .live(shown(batch)) }
    for sequence in batch.members {
      if let job = jobs[sequence] { remove(job) }
    }
    remove(batch)
    return .forgotten
  }

  private func batch(_ id: BatchID, in scope: JobScope) -> ModelBatch? {
    batches[id].flatMap { scope.contains($0.document.owner) ? $0 : nil }
  }

  package func batch(_ id: BatchID, for scope: JobScope) -> BatchDocument? {
    batch(id, in: scope).map(shown)
  }
}
