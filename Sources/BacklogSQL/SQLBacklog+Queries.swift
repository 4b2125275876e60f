package import Backlog
package import Files

extension SQLBacklog {
  package func document(
    _ id: JobID, for scope: JobScope
  ) throws(BacklogError) -> JobDocument? {
    let owner = SQLBacklog.condition(scope, "j.client", 2)
    return try documents(
      "WHERE j.id = $1 AND \(owner)", [.blob(id.bytes), SQLBacklog.value(scope)]
    ).first
  }

  package func list(_ query: JobQuery) throws(BacklogError) -> JobPage {
    var conditions = [SQLBacklog.condition(query.scope, "j.client", 1)]
    var values = [SQLBacklog.value(query.scope)]
    func place(_ value: SQLValue) -> String {
      values.append(value)
      return "$\(values.count)"
    }
    if !query.states.isEmpty {
      let states = query.states.map(\.rawValue).sorted().map { "\($0)" }
      conditions.append("j.state IN (\(states.joined(separator: ", ")))")
    }
    if let name = query.name { conditions.append("j.name = \(place(.text(name)))") }
    let after = query.after.map { SQLValue.integer($0.position) }
    let order: String
    switch query.order {
    case .newestFirst:
      if let after { conditions.append("j.seq < \(place(after))") }
      order = "j.seq DESC"
    case .members(let id):
      // Of the owner's own: another's takes no longer than one that is not there.
      let owner = SQLBacklog.condition(query.scope, "client", 1)
      let batch = "SELECT seq FROM batch WHERE id = \(place(.blob(id.bytes))) AND \(owner)"
      conditions.append("j.batch = (\(batch))")
      if let after { conditions.append("j.place > \(place(after))") }
      order = "j.place"
    }
    let found = try documents(
      """
      WHERE \(conditions.joined(separator: " AND ")) ORDER BY \(order)
      LIMIT \(place(.integer(query.limit + 1)))
      """, values)
    let page = Array(found.prefix(query.limit))
    let last = found.count > query.limit ? page.last : nil
    return JobPage(
      jobs: page, next: last.map { JobQuery.Cursor(position: query.order.position(of: $0)) })
  }

  package func ahead(of id: JobID) throws(BacklogError) -> JobsAhead? {
    let found = try session.execute(
      "SELECT class, turn, seq FROM job WHERE id = $1 AND state = 0", .blob(id.bytes))
    guard let values = found.first?.values else { return nil }
    let rows = try session.execute(
      """
      SELECT count(*), sum(seconds) FROM (
        SELECT seconds FROM job WHERE state = 0 AND (class, turn, seq) < ($1, $2, $3)
        ORDER BY class, turn, seq LIMIT \(JobsAhead.limit)) AS ahead
      """, values)
    return JobsAhead(jobs: rows.first?.integer(0) ?? 0, seconds: rows.first?.real(1) ?? 0)
  }

  package func batch(
    _ id: BatchID, for scope: JobScope
  ) throws(BacklogError) -> BatchDocument? {
    let owner = SQLBacklog.condition(scope, "client", 2)
    let found = try session.execute(
      """
      SELECT seq, client, name, total, done, failed, cancelled, expired, cancel, version, created,
        ended, expires
      FROM batch WHERE id = $1 AND \(owner)
      """, .blob(id.bytes), SQLBacklog.value(scope))
    guard let row = found.first else { return nil }
    guard let sequence = row.integer(0), let created = row.timestamp(10) else {
      throw .broken(reason: "a batch's row")
    }
    var batch = BatchDocument(
      id: id, owner: JobOwner(client: row.text(1)), name: row.text(2), total: row.integer(3) ?? 0,
      created: created)
    batch.done = row.integer(4) ?? 0
    batch.failed = row.integer(5) ?? 0
    batch.cancelled = row.integer(6) ?? 0
    batch.expired = row.integer(7) ?? 0
    batch.isCancelWished = row.integer(8) == 1
    batch.version = row.integer(9) ?? 0
    (batch.ended, batch.expires) = (row.timestamp(11), row.timestamp(12))
    if batch.ended == nil {
      for row in try session.execute(
        "SELECT state, count(*), sum(seconds) FROM job WHERE batch = $1 AND state < 2 GROUP BY state",
        .integer(sequence))
      {
        let count = row.integer(1) ?? 0
        if row.integer(0) == 0 {
          batch.remainder.waiting = count
        } else {
          batch.remainder.running = count
        }
        batch.remainder.seconds += row.real(2) ?? 0
      }
    }
    return batch
  }

  package func counts() throws(BacklogError) -> BacklogCounts {
    var counts = BacklogCounts()
    for row in try session.execute(session.dialect.tally) {
      guard let jobClass = row.integer(0).flatMap({ JobClass(rawValue: $0) }),
        let state = row.integer(1).flatMap({ JobState(rawValue: $0) }), let jobs = row.integer(2)
      else { throw .broken(reason: "the tally") }
      counts.jobs[state, default: [:]][jobClass, default: 0] += jobs
      if state == .waiting { counts.waitingSeconds += (row.real(3) ?? 0) / 1000 }
    }
    counts.oldestWaiting = try waitingWeights().map(\.oldest).min()
    let workers = try session.execute("SELECT count(*) FROM worker WHERE gone = 0")
    counts.workers = workers.first?.integer(0) ?? 0
    return counts
  }

  package func pins(after sequence: Int, limit: Int) throws(BacklogError) -> [JobPin] {
    try documents(
      "WHERE j.seq > $1 ORDER BY j.seq LIMIT $2", [.integer(sequence), .integer(limit)]
    ).map { JobPin(of: $0) }
  }

  package func liveCount(naming image: Digest) throws(BacklogError) -> Int {
    try session.execute(
      """
      SELECT count(*) FROM job\(session.dialect.by("pinned")) WHERE image = $1 AND state < 2
      """, .blob(image.bytes)
    ).first?.integer(0) ?? 0
  }
}
