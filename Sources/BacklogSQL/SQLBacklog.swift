package import Backlog

/// A backlog in the tables of a database, as far as one transaction sees it.
///
/// It decides as `ModelBacklog` does, and says the same of itself.
package struct SQLBacklog {
  package let policy: BacklogPolicy
  /// Gives so many unpredictable bytes.
  let random: (Int) -> [UInt8]
  let session: any SQLSession
  /// What is worth a look, once the transaction has been committed.
  package private(set) var hints: [Hint] = []

  package init(
    policy: BacklogPolicy, session: any SQLSession, random: @escaping (Int) -> [UInt8]
  ) {
    (self.policy, self.session, self.random) = (policy, session, random)
  }

  /// Executes a statement of the engine's own in the same transaction.
  package func execute(_ sql: String, _ values: SQLValue...) throws(BacklogError) -> [SQLRow] {
    try session.execute(sql, values)
  }

  mutating func hint(_ hint: Hint) {
    if hint == .work, hints.last == .work { return }
    hints.append(hint)
  }

  /// `$3, $4, $5` for three values that follow two.
  static func places(_ count: Int, after first: Int) -> String {
    (0..<count).map { "$\(first + 1 + $0)" }.joined(separator: ", ")
  }

  /// The condition that a row is of a scope; `$n` is the owner.
  static func condition(_ scope: JobScope, _ column: String, _ place: Int) -> String {
    switch scope {
    case .owned: "\(column) = $\(place)"
    case .all: "$\(place) = ''"
    }
  }

  static func value(_ scope: JobScope) -> SQLValue {
    switch scope {
    case .owned(let owner): .text(owner.key)
    case .all: .text("")
    }
  }

  // MARK: Changes of state

  /// What is known of a job that changes.
  struct Row {
    let sequence: Int
    let id: JobID
    let batch: Int?
    let state: JobState
    let isCancelWished: Bool
    let losses: Int
    let tries: Int
    let worker: String?

    static let columns = "seq, id, batch, state, cancel, losses, tries, worker"

    init(_ row: SQLRow) throws(BacklogError) {
      guard let sequence = row.integer(0), let id = row.blob(1).flatMap({ JobID(bytes: $0) }),
        let state = row.integer(3).flatMap({ JobState(rawValue: $0) })
      else { throw .broken(reason: "a job's row") }
      (self.sequence, self.id, batch, self.state) = (sequence, id, row.integer(2), state)
      isCancelWished = row.integer(4) == 1
      (losses, tries, worker) = (row.integer(5) ?? 0, row.integer(6) ?? 0, row.text(7))
    }
  }

  func rows(_ sql: String, _ values: [SQLValue]) throws(BacklogError) -> [Row] {
    var rows: [Row] = []
    for row in try session.execute("SELECT \(Row.columns) FROM job \(sql)", values) {
      rows.append(try Row(row))
    }
    return rows
  }

  /// Puts a running job back among those that wait.
  mutating func requeue(_ row: Row) throws(BacklogError) {
    _ = try session.execute(
      "UPDATE job SET state = 0, worker = NULL, version = version + 1 WHERE seq = $1",
      .integer(row.sequence))
    hint(.changed(row.id))
    hint(.work)
  }

  /// Ends a waiting or running job.
  mutating func end(
    _ row: Row, as state: JobState, problem: String? = nil, at now: Timestamp
  ) throws(BacklogError) {
    let expires = row.batch == nil ? now.advanced(by: policy.kept).milliseconds : nil
    _ = try session.execute(
      """
      UPDATE job SET state = $2, ended = $3, expires = $4, problem = $5, not_before = NULL,
        worker = CASE WHEN state = 0 THEN NULL ELSE worker END,
        finish = CASE WHEN epoch = 0 THEN NULL ELSE finish END, version = version + 1
      WHERE seq = $1
      """, .integer(row.sequence), .integer(state.rawValue), .integer(now.milliseconds),
      SQLValue(expires), SQLValue(problem))
    hint(.changed(row.id))
    if let batch = row.batch { try count(1, state, in: batch, at: now) }
  }

  /// Counts jobs of a batch that ended; this row is locked last.
  mutating func count(
    _ count: Int, _ state: JobState, in batch: Int, at now: Timestamp
  ) throws(BacklogError) {
    let column =
      switch state {
      case .done: "done"
      case .failed: "failed"
      case .cancelled: "cancelled"
      case .expired: "expired"
      case .waiting, .running: preconditionFailure("\(state) is no end")
      }
    let isEnd = "done + failed + cancelled + expired + $2 = total"
    let rows = try session.execute(
      """
      UPDATE batch SET \(column) = \(column) + $2, version = version + $2,
        ended = CASE WHEN \(isEnd) THEN $3 ELSE ended END,
        expires = CASE WHEN \(isEnd) THEN $4 ELSE expires END
      WHERE seq = $1 RETURNING id
      """, .integer(batch), .integer(count), .integer(now.milliseconds),
      .integer(now.advanced(by: policy.kept).milliseconds))
    if let id = rows.first?.blob(0).flatMap({ BatchID(bytes: $0) }) { hint(.batchChanged(id)) }
  }

  /// Puts a running job back uncounted, or cancels it where somebody wants that.
  mutating func giveBack(_ row: Row, at now: Timestamp) throws(BacklogError) {
    if row.isCancelWished {
      try end(row, as: .cancelled, at: now)
    } else {
      try requeue(row)
    }
  }
}
