package import Backlog
package import Files

/// How long what a transaction did has to last; one that does more than one thing has the most.
package enum Durability: Int, Sendable, Comparable {
  case reading
  /// Losing it only repeats work.
  case lax
  /// Somebody is told of it: it must survive a loss of power.
  case durable

  package static func < (one: Durability, other: Durability) -> Bool {
    one.rawValue < other.rawValue
  }
}

/// Moments of a transaction at which tests stop the process.
package enum Seam: String, Sendable {
  /// Nothing of it is written.
  case before
  /// Its rows are written, and not committed.
  case written
  /// It is committed, and its caller has not been told.
  case committed
}

/// A backlog whose every call is one transaction of a database.
package protocol SQLTransactions: JobBacklog {
  /// Performs a transaction; after an error nothing of it remains.
  func transaction<Value: Sendable>(
    _ durability: Durability,
    _ body: @escaping @Sendable (inout SQLBacklog, Timestamp) throws(BacklogError) -> Value
  ) throws(BacklogError) -> Value
}

extension SQLTransactions {
  package func enqueue(_ submission: Submission) throws(BacklogError) -> Receipt {
    try transaction(.durable) { backlog, now throws(BacklogError) in
      try backlog.enqueue(submission, at: now)
    }
  }

  package func join(_ worker: WorkerCard) throws(BacklogError) -> Incarnation {
    // Who is forgotten would have to give up all that it does.
    try transaction(.durable) { backlog, now throws(BacklogError) in
      try backlog.join(worker, at: now)
    }
  }

  package func leave(_ worker: Incarnation) throws(BacklogError) {
    try transaction(.lax) { backlog, now throws(BacklogError) in
      try backlog.leave(worker, at: now)
    }
  }

  package func beat(
    _ worker: Incarnation, _ progress: [JobProgress]
  ) throws(BacklogError) -> Verdict {
    try transaction(.lax) { backlog, now throws(BacklogError) in
      try backlog.beat(worker, progress, at: now)
    }
  }

  package func claim(_ worker: Incarnation, _ room: Room) throws(BacklogError) -> [Claim] {
    try transaction(.lax) { backlog, now throws(BacklogError) in
      try backlog.claim(worker, room, at: now)
    }
  }

  package func held(by worker: Incarnation) throws(BacklogError) -> [Claim] {
    try transaction(.reading) { backlog, _ throws(BacklogError) in
      try backlog.claims(of: worker)
    }
  }

  package func finish(_ claim: Claim, _ outcome: JobOutcome) throws(BacklogError) -> Bool {
    try transaction(.durable) { backlog, now throws(BacklogError) in
      try backlog.finish(claim, outcome, at: now)
    }
  }

  package func release(_ claim: Claim) throws(BacklogError) -> Bool {
    try transaction(.lax) { backlog, now throws(BacklogError) in
      try backlog.release(claim, at: now)
    }
  }

  package func cancel(_ id: JobID, for scope: JobScope) throws(BacklogError) -> JobDocument? {
    try transaction(.durable) { backlog, now throws(BacklogError) in
      try backlog.cancel(id, for: scope, at: now)
    }
  }

  package func forget(
    _ id: JobID, for scope: JobScope
  ) throws(BacklogError) -> Forgetting<JobDocument>? {
    try transaction(.durable) { backlog, _ throws(BacklogError) in
      try backlog.forget(id, for: scope)
    }
  }

  package func document(_ id: JobID, for scope: JobScope) throws(BacklogError) -> JobDocument? {
    try transaction(.reading) { backlog, _ throws(BacklogError) in
      try backlog.document(id, for: scope)
    }
  }

  package func list(_ query: JobQuery) throws(BacklogError) -> JobPage {
    try transaction(.reading) { backlog, _ throws(BacklogError) in try backlog.list(query) }
  }

  package func ahead(of id: JobID) throws(BacklogError) -> JobsAhead? {
    try transaction(.reading) { backlog, _ throws(BacklogError) in try backlog.ahead(of: id) }
  }

  package func batch(_ id: BatchID, for scope: JobScope) throws(BacklogError) -> BatchDocument? {
    try transaction(.reading) { backlog, _ throws(BacklogError) in
      try backlog.batch(id, for: scope)
    }
  }

  package func cancelBatch(
    _ id: BatchID, for scope: JobScope
  ) throws(BacklogError) -> BatchDocument? {
    try transaction(.durable) { backlog, now throws(BacklogError) in
      try backlog.cancelBatch(id, for: scope, at: now)
    }
  }

  package func forgetBatch(
    _ id: BatchID, for scope: JobScope
  ) throws(BacklogError) -> Forgetting<BatchDocument>? {
    try transaction(.durable) { backlog, _ throws(BacklogError) in
      try backlog.forgetBatch(id, for: scope)
    }
  }

  package func cancelWaiting(of owner: JobOwner) throws(BacklogError) -> Int {
    try transaction(.durable) { backlog, now throws(BacklogError) in
      try backlog.cancelWaiting(of: owner, at: now)
    }
  }

  package func counts() throws(BacklogError) -> BacklogCounts {
    try transaction(.reading) { backlog, _ throws(BacklogError) in try backlog.counts() }
  }

  package func liveCount(of owner: JobOwner) throws(BacklogError) -> Int {
    try transaction(.reading) { backlog, _ throws(BacklogError) in
      try backlog.liveCount(of: owner)
    }
  }

  package func liveCount(naming image: Digest) throws(BacklogError) -> Int {
    try transaction(.reading) { backlog, _ throws(BacklogError) in
      try backlog.liveCount(naming: image)
    }
  }

  package func pins(after sequence: Int, limit: Int) throws(BacklogError) -> [JobPin] {
    try transaction(.reading) { backlog, _ throws(BacklogError) in
      try backlog.pins(after: sequence, limit: limit)
    }
  }
}
