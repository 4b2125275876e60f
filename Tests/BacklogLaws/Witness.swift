import Backlog

/// Watches a backlog from outside, and finds what breaks a law.
struct Witness {
  private struct Seen {
    var document: JobDocument
    /// Times it was given back uncounted.
    var releases = 0
  }

  private let backlog: any JobBacklog
  private let lease: Double
  private var jobs: [JobID: Seen] = [:]
  private var batches: [BatchID: BatchDocument] = [:]
  /// When each worker's last heartbeat arrived.
  private var beats: [Incarnation: Timestamp] = [:]
  private(set) var counts = Counts()

  typealias Counts = Simulation.Counts

  init(_ backlog: any JobBacklog, lease: Double) {
    (self.backlog, self.lease) = (backlog, lease)
  }

  var known: [JobID] { Array(jobs.keys).sorted { "\($0)" < "\($1)" } }
  var knownBatches: [BatchID] { Array(batches.keys).sorted { "\($0)" < "\($1)" } }
  var live: [JobDocument] { jobs.values.map(\.document).filter { !$0.state.isEnded } }

  var liveIDs: [JobID] { live.map(\.id).sorted { "\($0)" < "\($1)" } }

  mutating func beat(_ worker: Incarnation, at now: Timestamp) { beats[worker] = now }

  mutating func took(_ receipt: Receipt) throws {
    switch receipt.content {
    case .job(let job): try saw(job)
    case .batch(let batch):
      try saw(batch)
      let members = JobQuery(scope: .all, order: .members(of: batch.id), limit: 1000)
      for job in try backlog.list(members).jobs { try saw(job) }
    }
  }

  mutating func saw(_ batch: BatchDocument) throws {
    if let before = batches[batch.id] {
      try require(before.version <= batch.version, "L9", "batch \(before) then \(batch)")
    }
    batches[batch.id] = batch
  }

  /// Compares a job with what was last seen of it.
  mutating func saw(_ job: JobDocument, released: Bool = false) throws {
    var seen = jobs[job.id] ?? Seen(document: job)
    if released, job.state == .waiting {
      seen.releases += 1
      counts.releases += 1
    }
    let before = seen.document
    try require(before.version <= job.version, "L9", "\(before) then \(job)")
    if visible(before) != visible(job) {
      try require(before.version < job.version, "L9", "\(before) became \(job)")
      try require(!before.state.isEnded, "L1, L2", "\(before) became \(job)")
    }
    try require(before.epoch <= job.epoch && job.epoch <= before.epoch + 1, "L3", "\(job)")
    if before.isCancelWished {
      try require(job.isCancelWished && job.epoch == before.epoch, "L6", "started: \(job)")
    }
    try require(job.state != .cancelled || job.isCancelWished, "L6", "unasked: \(job)")
    try require(!(job.state == .waiting && job.isCancelWished), "L6", "waits: \(job)")
    try require(job.losses <= 3 && job.tries <= 5, "L4", "\(job)")
    try require(job.lostWorkers.count == job.losses, "L4", "\(job)")
    try require(job.epoch <= job.losses + job.tries + seen.releases + 1, "L4", "starts: \(job)")
    if let answer = job.answer {
      try require(job.state == .done, "L2", "an answer before the end: \(job)")
      try require(answer == Samples.answer(of: job.order), "L2", "wrong bytes: \(job)")
    }
    try require((job.state == .done) == (job.answer != nil), "L2", "\(job)")
    try require((job.state == .running) <= (job.worker != nil), "L1", "\(job)")
    if before.epoch < job.epoch { counts.claims += 1 }
    counts.losses += job.losses - before.losses
    if !before.state.isEnded, job.state.isEnded { counts.ended[job.state, default: 0] += 1 }
    seen.document = job
    jobs[job.id] = seen
  }

  /// A document without what changes beside its version.
  private func visible(_ job: JobDocument) -> JobDocument {
    var job = job
    job.progress = nil
    if job.batch != nil { job.expires = nil }
    return job
  }

  /// Looks at jobs; what was forgotten had ended.
  mutating func look(at ids: some Sequence<JobID>, released: Bool = false) throws {
    for id in ids {
      if let job = try backlog.document(id, for: .all) {
        try saw(job, released: released)
      } else if let seen = jobs.removeValue(forKey: id) {
        try require(seen.document.state.isEnded, "L1", "lost: \(seen.document)")
      }
    }
  }

  /// A finish or a release, of which is told whether it was taken; `before` is the job before it.
  mutating func wrote(
    _ claim: Claim, _ outcome: JobOutcome?, _ before: JobDocument?, _ isTaken: Bool
  ) throws {
    let after = try backlog.document(claim.id, for: .all)
    let held =
      before.map {
        $0.state == .running && $0.epoch == claim.epoch && $0.worker == claim.worker.name
      } ?? false
    if !held {
      counts.fenced += isTaken ? 0 : 1
      try require(before == after, "L3", "\(String(describing: outcome)) of \(claim)")
    }
    try require(!held || isTaken, "L3", "fenced: \(claim)")
    let isRelease = outcome == nil || outcome == .cancelled
    try look(at: [claim.id], released: held && isRelease)
  }

  /// Jobs that a sweep took from their workers, whose lease must have ended.
  mutating func swept(at now: Timestamp) throws {
    for job in live where job.state == .running {
      guard let worker = job.worker.map(Incarnation.init(name:)),
        let after = try backlog.document(job.id, for: .all)
      else { continue }
      let isLate = beats[worker].map { $0.advanced(by: lease) < now } ?? true
      try require(after.losses == job.losses || isLate, "L5", "a live worker's: \(after)")
      let isStill = after.state == .running && after.epoch == job.epoch
      try require(!(isStill && isLate), "L5", "a dead worker's: \(after)")
    }
    try look(at: known)
  }

  /// Compares every batch with its jobs.
  mutating func countBatches() throws {
    for id in knownBatches {
      guard let batch = try backlog.batch(id, for: .all) else {
        batches[id] = nil
        continue
      }
      try saw(batch)
      var states: [JobState: Int] = [:]
      let members = JobQuery(scope: .all, order: .members(of: id), limit: 1000)
      for job in try backlog.list(members).jobs { states[job.state, default: 0] += 1 }
      let isDeleting = batch.ended != nil && states.values.reduce(0, +) < batch.total
      let told: [JobState: Int] = [
        .done: batch.done, .failed: batch.failed, .cancelled: batch.cancelled,
        .expired: batch.expired, .waiting: batch.remainder.waiting,
        .running: batch.remainder.running,
      ]
      try require(
        isDeleting || told.filter { $0.value > 0 } == states, "L11", "\(batch) has \(states)")
      try require(
        (batch.ended != nil) == (batch.endedCount == batch.total), "L11", "end of \(batch)")
    }
  }
}

/// Implication.
private func <= (one: Bool, other: Bool) -> Bool { !one || other }
