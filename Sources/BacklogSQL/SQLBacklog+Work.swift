package import Backlog
import Files

extension SQLBacklog {
  package mutating func join(
    _ card: WorkerCard, at now: Timestamp
  ) throws(BacklogError) -> Incarnation {
    let worker = Incarnation(of: card, random: random(8))
    _ = try session.execute(
      """
      INSERT INTO worker(name, host, kind, build, models, runners, seen)
      VALUES($1, $2, $3, $4, $5, $6, $7)
      """, .text(worker.name), .text(card.host), .text(card.kind), .text(card.build),
      .text(card.weights.joined(separator: "\n")), .integer(card.runners),
      .integer(now.milliseconds))
    hint(.work)
    return worker
  }

  package mutating func leave(_ worker: Incarnation, at now: Timestamp) throws(BacklogError) {
    let gone = try session.execute(
      """
      UPDATE worker SET gone = 1, seen = $2, progress = NULL WHERE name = $1 AND gone = 0
      RETURNING name
      """, .text(worker.name), .integer(now.milliseconds))
    guard !gone.isEmpty else { return }
    for row in try running(by: worker) { try giveBack(row, at: now) }
  }

  private func running(by worker: Incarnation) throws(BacklogError) -> [Row] {
    try rows(
      "WHERE worker = $1 AND state = 1 ORDER BY seq\(session.dialect.locking)",
      [
        .text(worker.name)
      ])
  }

  package func beat(
    _ worker: Incarnation, _ progress: [JobProgress], at now: Timestamp
  ) throws(BacklogError) -> Verdict {
    let lines = progress.map { "\($0.job) \($0.done) \($0.total)" }.joined(separator: "\n")
    let living = try session.execute(
      "UPDATE worker SET seen = $2, progress = $3 WHERE name = $1 AND gone = 0 RETURNING name",
      .text(worker.name), .integer(now.milliseconds), .text(lines))
    guard !living.isEmpty else { return .gone }
    var (held, cancel): ([JobID], [JobID]) = ([], [])
    for row in try rows("WHERE worker = $1 AND state = 1 ORDER BY seq", [.text(worker.name)]) {
      held.append(row.id)
      if row.isCancelWished { cancel.append(row.id) }
    }
    return .alive(held: held, cancel: cancel)
  }

  package mutating func claim(
    _ worker: Incarnation, _ room: Room, at now: Timestamp
  ) throws(BacklogError) -> [Claim] {
    var found = try candidates(for: worker, room, limit: room.runners, after: [], at: now)
    var count = room.count(of: found.map(\.candidate))
    // More of them only where they are short.
    let seconds = found.reduce(0) { $0 + $1.candidate.seconds }
    if count == room.runners, count < Room.largestClaim,
      seconds < Room.shortWork * Double(room.runners)
    {
      found += try candidates(
        for: worker, room, limit: Room.largestClaim - count, after: found.map(\.sequence), at: now)
      count = room.count(of: found.map(\.candidate))
    }
    let chosen = found.prefix(count).map { SQLValue.integer($0.sequence) }
    guard !chosen.isEmpty else { return [] }
    _ = try session.execute(
      """
      UPDATE job SET state = 1, epoch = epoch + 1, worker = $1, started = coalesce(started, $2),
        not_before = NULL, expires = NULL, version = version + 1
      WHERE seq IN (\(SQLBacklog.places(chosen.count, after: 2)))
      """, [.text(worker.name), .integer(now.milliseconds)] + chosen)
    let jobs = try documents(
      "WHERE j.seq IN (\(SQLBacklog.places(chosen.count, after: 0))) ORDER BY class, turn, j.seq",
      Array(chosen))
    return jobs.map { job in
      hint(.changed(job.id))
      return Claim(worker: worker, job: SQLBacklog.withoutProgress(job))
    }
  }

  /// The first waiting jobs that a living worker may run, each by itself.
  private func candidates(
    for worker: Incarnation, _ room: Room, limit: Int, after taken: [Int], at now: Timestamp
  ) throws(BacklogError) -> [(sequence: Int, candidate: Room.Candidate)] {
    guard !room.weights.isEmpty else { return [] }
    let weights = SQLBacklog.places(room.weights.count, after: 5)
    let others =
      taken.isEmpty
      ? "" : " AND seq NOT IN (\(SQLBacklog.places(taken.count, after: 5 + room.weights.count)))"
    let rows = try session.execute(
      """
      SELECT seq, seconds, bytes, losses FROM job j\(session.dialect.by("waiting"))
      WHERE state = 0 AND (not_before IS NULL OR not_before <= $1) AND bytes <= $2
        AND seconds <= $3 AND (weights || '') IN (\(weights))\(others)
        AND EXISTS (SELECT 1 FROM worker WHERE name = $4 AND gone = 0)
        AND NOT EXISTS
          (SELECT 1 FROM job o WHERE o.state = 1 AND o.work = j.work AND o.worker <> $4)
      ORDER BY class, turn, seq LIMIT $5\(session.dialect.taking)
      """,
      [
        .integer(now.milliseconds), .integer(room.bytes), .real(room.secondsLeft),
        .text(worker.name), .integer(limit),
      ] + room.weights.map { .text($0) } + taken.map { .integer($0) })
    return rows.map { row in
      (
        row.integer(0) ?? 0,
        Room.Candidate(
          seconds: row.real(1) ?? 0, bytes: row.integer(2) ?? 0,
          isSuspect: (row.integer(3) ?? 0) > 0)
      )
    }
  }

  package func claims(of worker: Incarnation) throws(BacklogError) -> [Claim] {
    let jobs = try documents(
      "WHERE j.worker = $1 AND j.state = 1 ORDER BY j.seq", [.text(worker.name)])
    return jobs.map { Claim(worker: worker, job: SQLBacklog.withoutProgress($0)) }
  }

  private static func withoutProgress(_ job: JobDocument) -> JobDocument {
    var job = job
    job.progress = nil
    return job
  }

  package mutating func finish(
    _ claim: Claim, _ outcome: JobOutcome, at now: Timestamp
  ) throws(BacklogError) -> Bool {
    guard let row = try held(claim) else { return try isEnded(by: claim) }
    switch outcome {
    case .done(let answer):
      try store(answer, of: row)
      try end(row, as: .done, at: now)
    case .failed(let problem): try end(row, as: .failed, problem: problem, at: now)
    case .retry(let problem): try retry(row, problem, at: now)
    case .cancelled: try giveBack(row, at: now)
    }
    return true
  }

  /// The row of a claim that holds.
  private func held(_ claim: Claim) throws(BacklogError) -> Row? {
    try rows(
      "WHERE id = $1 AND epoch = $2 AND worker = $3 AND state = 1\(session.dialect.locking)",
      [.blob(claim.id.bytes), .integer(claim.epoch), .text(claim.worker.name)]
    ).first
  }

  /// Whether a claim ended its job before, and only the answer was lost.
  private func isEnded(by claim: Claim) throws(BacklogError) -> Bool {
    !(try rows(
      "WHERE id = $1 AND epoch = $2 AND worker = $3 AND state > 1",
      [.blob(claim.id.bytes), .integer(claim.epoch), .text(claim.worker.name)])).isEmpty
  }

  private func store(_ answer: JobAnswer, of row: Row) throws(BacklogError) {
    _ = try session.execute(
      """
      UPDATE job SET answer = $2, path = $3, media = $4, answer_bytes = $5, crc = $6, kind = $7
      WHERE seq = $1
      """, .integer(row.sequence), .blob(answer.name.bytes), .text(answer.path),
      .text(answer.mediaType), .integer(answer.bytes), SQLValue(answer.crc.map { Int($0) }),
      SQLValue(answer.kind))
  }

  private mutating func retry(
    _ row: Row, _ problem: String, at now: Timestamp
  ) throws(BacklogError) {
    if row.isCancelWished {
      try end(row, as: .cancelled, at: now)
    } else if row.tries + 1 > policy.tries {
      try end(row, as: .failed, problem: problem, at: now)
    } else {
      let time = now.advanced(by: policy.delay(afterTries: row.tries + 1))
      _ = try session.execute(
        "UPDATE job SET tries = tries + 1, not_before = $2 WHERE seq = $1",
        .integer(row.sequence), .integer(time.milliseconds))
      try requeue(row)
    }
  }

  package mutating func release(
    _ claim: Claim, at now: Timestamp
  ) throws(BacklogError) -> Bool {
    guard let row = try held(claim) else { return false }
    try giveBack(row, at: now)
    return true
  }
}
