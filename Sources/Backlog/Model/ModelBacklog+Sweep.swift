extension ModelBacklog {
  /// Finds dead workers, expired jobs and old ones; `deletes` only where the clock can be trusted.
  package mutating func sweep(at now: Timestamp, deletes: Bool) -> Swept {
    var swept = Swept()
    loseWorkers(at: now, &swept)
    expire(at: now, &swept)
    if deletes { delete(at: now, &swept) }
    return swept
  }

  /// Declares all workers gone, of a process that ended before this one began.
  package mutating func loseAll(at now: Timestamp) -> Swept {
    var swept = Swept()
    for worker in workers.keys where workers[worker]?.isGone == false {
      workers[worker]?.isGone = true
      swept.gone += 1
    }
    loseWorkers(at: now, &swept)
    return swept
  }

  private mutating func loseWorkers(at now: Timestamp, _ swept: inout Swept) {
    if let lease = policy.lease {
      for (worker, state) in workers where !state.isGone && state.seen.advanced(by: lease) < now {
        workers[worker]?.isGone = true
        swept.gone += 1
      }
    }
    for job in running.sorted().compactMap({ jobs[$0] }) {
      // A worker without an entry is gone too.
      let worker = job.document.worker.map(Incarnation.init(name:)).flatMap { workers[$0] }
      if worker?.isGone ?? true { lose(job, at: now, &swept) }
    }
  }

  private mutating func lose(_ job: ModelJob, at now: Timestamp, _ swept: inout Swept) {
    var job = job
    job.document.losses += 1
    if let worker = job.document.worker { job.document.lostWorkers.append(worker) }
    job.document.worker = nil
    if job.document.isCancelWished {
      end(job, as: .cancelled, at: now)
      swept.cancelled += 1
    } else if job.document.losses >= policy.losses {
      end(job, as: .failed, at: now)
      swept.failed += 1
    } else {
      requeue(job)
      swept.requeued += 1
    }
  }

  private mutating func expire(at now: Timestamp, _ swept: inout Swept) {
    let served = Set(workers.values.filter { !$0.isGone }.flatMap(\.card.weights))
    for job in line.places.map(\.sequence).sorted().compactMap({ jobs[$0] }) {
      let isLate = job.document.expires.map { $0 <= now } ?? false
      let isUnserved =
        JobOrder.isUnserved(job.document.order.weights, among: served)
        && job.document.created.advanced(by: policy.patience) <= now
      guard isLate || isUnserved else { continue }
      end(job, as: .expired, at: now)
      swept.expired += 1
    }
  }

  private mutating func delete(at now: Timestamp, _ swept: inout Swept) {
    let old = jobs.values
      .filter { $0.document.state.isEnded && $0.document.expires.map { $0 <= now } ?? false }
      .sorted { $0.document.sequence < $1.document.sequence }
    for job in old.prefix(policy.deletions) {
      remove(job)
      swept.deleted += 1
    }
    let oldBatches = batches.values.filter { $0.document.expires.map { $0 <= now } ?? false }
      .sorted { $0.document.id.bytes.lexicographicallyPrecedes($1.document.id.bytes) }
    for batch in oldBatches {
      let room = policy.deletions - swept.deleted
      for sequence in batch.members.prefix(room) {
        if let job = jobs[sequence] { remove(job) }
        swept.deleted += 1
      }
      batches[batch.document.id]?.members.removeFirst(min(room, batch.members.count))
      if batch.members.count <= room { remove(batch) }
    }
    let holders = Set(running.compactMap { jobs[$0]?.document.worker })
    for (worker, state) in workers where state.isGone && !holders.contains(worker.name) {
      if state.seen.advanced(by: policy.memoryOfWorkers) <= now { workers[worker] = nil }
    }
  }
}
