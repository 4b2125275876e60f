package import Backlog

extension SQLBacklog {
  /// Finds dead workers, expired jobs and old ones; `deletes` only where the clock can be trusted.
  package mutating func sweep(
    at now: Timestamp, judges: Bool = true, deletes: Bool
  ) throws(BacklogError) -> Swept {
    var swept = Swept()
    if judges { try loseWorkers(at: now, &swept) }
    try expire(at: now, &swept)
    if deletes { try delete(at: now, &swept) }
    return swept
  }

  /// Declares all workers gone, of a process that ended before this one began.
  package mutating func loseAll(at now: Timestamp) throws(BacklogError) -> Swept {
    var swept = Swept()
    swept.gone = try session.execute(
      "UPDATE worker SET gone = 1 WHERE gone = 0 RETURNING name"
    ).count
    try loseWorkers(at: now, &swept)
    return swept
  }

  private mutating func loseWorkers(
    at now: Timestamp, _ swept: inout Swept
  ) throws(BacklogError) {
    if let lease = policy.lease {
      swept.gone += try session.execute(
        "UPDATE worker SET gone = 1 WHERE gone = 0 AND seen < $1 RETURNING name",
        .integer(now.advanced(by: -lease).milliseconds)
      ).count
    }
    // A worker without a row is gone too.
    let lost = try rows(
      """
      WHERE state = 1
        AND NOT EXISTS (SELECT 1 FROM worker w WHERE w.name = job.worker AND w.gone = 0)
      ORDER BY seq\(session.dialect.taking)
      """, [])
    for row in lost { try lose(row, at: now, &swept) }
  }

  private mutating func lose(
    _ row: Row, at now: Timestamp, _ swept: inout Swept
  ) throws(BacklogError) {
    _ = try session.execute(
      """
      UPDATE job SET losses = losses + 1, worker = NULL,
        lost = CASE WHEN lost IS NULL THEN worker ELSE lost || '\n' || worker END
      WHERE seq = $1
      """, .integer(row.sequence))
    if row.isCancelWished {
      try end(row, as: .cancelled, at: now)
      swept.cancelled += 1
    } else if row.losses + 1 >= policy.losses {
      try end(row, as: .failed, at: now)
      swept.failed += 1
    } else {
      try requeue(row)
      swept.requeued += 1
    }
  }

  private mutating func expire(at now: Timestamp, _ swept: inout Swept) throws(BacklogError) {
    var late = try rows(
      "\(session.dialect.by("old")) WHERE state = 0 AND expires <= $1 ORDER BY seq\(session.dialect.taking)",
      [.integer(now.milliseconds)])
    let models = try session.execute("SELECT models FROM worker WHERE gone = 0")
    let served = Set(
      models.flatMap { ($0.text(0) ?? "").split(separator: "\n").map { String($0) } })
    let limit = now.advanced(by: -policy.patience).milliseconds
    for (weights, oldest) in try waitingWeights()
    where JobOrder.isUnserved(weights, among: served) && oldest.milliseconds <= limit {
      late += try rows(
        """
        WHERE state = 0 AND weights = $1 AND created <= $2
          AND (expires IS NULL OR expires > $3) ORDER BY seq\(session.dialect.taking)
        """, [.text(weights), .integer(limit), .integer(now.milliseconds)])
    }
    for row in late { try end(row, as: .expired, at: now) }
    swept.expired += late.count
  }

  /// The weights that waiting jobs want, and when the first of each was submitted.
  func waitingWeights() throws(BacklogError) -> [(weights: String, oldest: Timestamp)] {
    // From one to the next in the index `wanted`: there are few.
    let rows = try session.execute(
      """
      WITH RECURSIVE wanted(weights) AS (
        SELECT min(weights) FROM job WHERE state = 0
        UNION ALL
        SELECT (SELECT min(weights) FROM job WHERE state = 0 AND weights > wanted.weights)
        FROM wanted WHERE wanted.weights IS NOT NULL)
      SELECT weights,
        (SELECT min(created) FROM job WHERE state = 0 AND job.weights = wanted.weights)
      FROM wanted WHERE weights IS NOT NULL
      """)
    return rows.compactMap { row in
      guard let weights = row.text(0), let oldest = row.integer(1) else { return nil }
      return (weights, Timestamp(milliseconds: oldest))
    }
  }

  private mutating func delete(at now: Timestamp, _ swept: inout Swept) throws(BacklogError) {
    let time = SQLValue.integer(now.milliseconds)
    swept.deleted = try delete(
      """
      WHERE seq IN (SELECT seq FROM job\(session.dialect.by("old"))
        WHERE state > 1 AND expires <= $1 AND batch IS NULL
        ORDER BY seq LIMIT $2)
      """, [time, .integer(policy.deletions)])
    let batches = try session.execute(
      "SELECT seq, id FROM batch WHERE expires <= $1 ORDER BY id", time)
    for row in batches {
      guard let batch = row.integer(0), let id = row.blob(1).flatMap({ BatchID(bytes: $0) }) else {
        throw .broken(reason: "a batch's row")
      }
      swept.deleted += try delete(
        "WHERE seq IN (SELECT seq FROM job WHERE batch = $1 ORDER BY place LIMIT $2)",
        [.integer(batch), .integer(policy.deletions - swept.deleted)])
      let emptied = try session.execute(
        """
        DELETE FROM batch WHERE seq = $1 AND NOT EXISTS (SELECT 1 FROM job WHERE batch = $1)
        RETURNING seq
        """, .integer(batch))
      if !emptied.isEmpty { hint(.batchChanged(id)) }
    }
    _ = try session.execute(
      """
      DELETE FROM worker WHERE gone = 1 AND seen <= $1
        AND NOT EXISTS (SELECT 1 FROM job WHERE state = 1 AND job.worker = worker.name)
      """, .integer(now.advanced(by: -policy.memoryOfWorkers).milliseconds))
  }
}
