package import Backlog

extension SQLBacklog {
  package mutating func cancel(
    _ id: JobID, for scope: JobScope, at now: Timestamp
  ) throws(BacklogError) -> JobDocument? {
    if let row = try row(id, for: scope), !row.state.isEnded, !row.isCancelWished {
      try wish([row], at: now)
    }
    return try document(id, for: scope)
  }

  /// The row of a job that who asks may change.
  private func row(_ id: JobID, for scope: JobScope) throws(BacklogError) -> Row? {
    let owner = SQLBacklog.condition(scope, "client", 2)
    return try rows(
      "WHERE id = $1 AND \(owner)\(session.dialect.locking)",
      [.blob(id.bytes), SQLBacklog.value(scope)]
    ).first
  }

  /// Wishes live jobs of one batch, or of none, cancelled.
  private mutating func wish(_ rows: [Row], at now: Timestamp) throws(BacklogError) {
    for row in rows {
      _ = try session.execute("UPDATE job SET cancel = 1 WHERE seq = $1", .integer(row.sequence))
      if row.state == .waiting {
        try end(row, as: .cancelled, at: now)
      } else {
        _ = try session.execute(
          "UPDATE job SET version = version + 1 WHERE seq = $1", .integer(row.sequence))
        hint(.changed(row.id))
        hint(.cancel(row.id))
      }
    }
  }

  package mutating func cancelBatch(
    _ id: BatchID, for scope: JobScope, at now: Timestamp
  ) throws(BacklogError) -> BatchDocument? {
    let owner = SQLBacklog.condition(scope, "client", 2)
    let found = try session.execute(
      "SELECT seq FROM batch WHERE id = $1 AND \(owner) AND ended IS NULL AND cancel = 0",
      .blob(id.bytes), SQLBacklog.value(scope))
    if let batch = found.first?.integer(0) {
      let members = try rows(
        "WHERE batch = $1 AND state < 2 AND cancel = 0 ORDER BY place\(session.dialect.locking)",
        [.integer(batch)])
      try cancelWaiting(members.filter { $0.state == .waiting }, in: batch, at: now)
      try wish(members.filter { $0.state == .running }, at: now)
      _ = try session.execute(
        "UPDATE batch SET cancel = 1, version = version + 1 WHERE seq = $1", .integer(batch))
      hint(.batchChanged(id))
    }
    return try batch(id, for: scope)
  }

  /// Cancels waiting jobs of a batch by one statement.
  private mutating func cancelWaiting(
    _ rows: [Row], in batch: Int, at now: Timestamp
  ) throws(BacklogError) {
    guard !rows.isEmpty else { return }
    _ = try session.execute(
      """
      UPDATE job SET cancel = 1, state = 4, ended = $2, expires = NULL, not_before = NULL,
        worker = NULL, finish = CASE WHEN epoch = 0 THEN NULL ELSE finish END,
        version = version + 1
      WHERE batch = $1 AND state = 0 AND cancel = 0
      """, .integer(batch), .integer(now.milliseconds))
    for row in rows { hint(.changed(row.id)) }
    try count(rows.count, .cancelled, in: batch, at: now)
  }

  package mutating func cancelWaiting(
    of owner: JobOwner, at now: Timestamp
  ) throws(BacklogError) -> Int {
    let waiting = try rows(
      "\(session.dialect.by("live")) WHERE client = $1 AND state < 2 AND state = 0 ORDER BY seq\(session.dialect.locking)",
      [.text(owner.key)])
    try wish(waiting, at: now)
    return waiting.count
  }

  package mutating func forget(
    _ id: JobID, for scope: JobScope
  ) throws(BacklogError) -> Forgetting<JobDocument>? {
    guard let row = try row(id, for: scope) else { return nil }
    guard row.state.isEnded else { return try document(id, for: scope).map { .live($0) } }
    try delete("WHERE seq = $1", [.integer(row.sequence)])
    if let batch = row.batch {
      let column =
        switch row.state {
        case .done: "done"
        case .failed: "failed"
        case .expired: "expired"
        case .cancelled, .waiting, .running: "cancelled"
        }
      let rows = try session.execute(
        """
        UPDATE batch SET \(column) = \(column) - 1, total = total - 1, version = version + 1
        WHERE seq = $1 RETURNING id
        """, .integer(batch))
      if let id = rows.first?.blob(0).flatMap({ BatchID(bytes: $0) }) { hint(.batchChanged(id)) }
    }
    return .forgotten
  }

  package mutating func forgetBatch(
    _ id: BatchID, for scope: JobScope
  ) throws(BacklogError) -> Forgetting<BatchDocument>? {
    guard let document = try batch(id, for: scope) else { return nil }
    guard document.ended != nil else { return .live(document) }
    try delete("WHERE batch = (SELECT seq FROM batch WHERE id = $1)", [.blob(id.bytes)])
    _ = try session.execute("DELETE FROM batch WHERE id = $1", .blob(id.bytes))
    hint(.batchChanged(id))
    return .forgotten
  }

  /// Deletes jobs, and the requests that were theirs alone.
  @discardableResult
  mutating func delete(_ condition: String, _ values: [SQLValue]) throws(BacklogError) -> Int {
    let deleted = try session.execute(
      "DELETE FROM job \(condition) RETURNING id, request", values)
    for row in deleted {
      if let id = row.blob(0).flatMap({ JobID(bytes: $0) }) { hint(.changed(id)) }
    }
    for request in Set(deleted.compactMap { $0.integer(1) }) {
      _ = try session.execute(
        """
        DELETE FROM request
        WHERE seq = $1 AND NOT EXISTS (SELECT 1 FROM job WHERE request = $1)
        """, .integer(request))
    }
    return deleted.count
  }
}
