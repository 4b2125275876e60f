package import Backlog
import Files

extension SQLBacklog {
  package mutating func enqueue(
    _ submission: Submission, at now: Timestamp
  ) throws(BacklogError) -> Receipt {
    if let lock = session.dialect.lockOwner {
      _ = try session.execute(lock, .text(submission.owner.key))
    }
    if let key = submission.key, let receipt = try replay(key, of: submission.owner) {
      return receipt
    }
    try check(submission)
    let batch = try openBatch(for: submission, at: now)
    var turn = try startTag(of: submission)
    var requests: [String: Int] = [:]
    var (rows, id): ([[SQLValue]], JobID?) = ([], nil)
    for (place, order) in submission.jobs.enumerated() {
      let request: Int
      if let known = requests[order.request] {
        request = known
      } else {
        request = try self.request(order.request)
        requests[order.request] = request
      }
      let job = JobID(at: now, random: random(10))
      id = id ?? job
      let values: [SQLValue] = [
        .blob(job.bytes), SQLValue(batch?.sequence), SQLValue(batch == nil ? nil : place),
        SQLValue(order.name), .text(submission.owner.key), .integer(submission.jobClass.rawValue),
        .real(turn), .real(turn + order.seconds), .real(order.seconds), .integer(order.bytes),
        SQLValue(order.image?.bytes), SQLValue(order.payload?.bytes), .integer(request),
        .text(order.weights), .blob(order.work.bytes), SQLValue(submission.trace),
        SQLValue(batch == nil ? submission.key?.text : nil),
        SQLValue(batch == nil ? submission.key?.print.bytes : nil), .integer(now.milliseconds),
        SQLValue(submission.cancelAfter.map { now.advanced(by: $0).milliseconds }),
      ]
      turn += order.seconds
      rows.append(values)
      if rows.count == session.dialect.rowsPerInsert { try insert(&rows) }
    }
    try insert(&rows)
    hint(.work)
    if let batch {
      guard let document = try self.batch(batch.id, for: .all) else {
        throw .broken(reason: "a batch that is not there")
      }
      return Receipt(.batch(document), isReplayed: false)
    }
    guard let id, let document = try document(id, for: .all) else {
      throw .broken(reason: "a job that is not there")
    }
    return Receipt(.job(document), isReplayed: false)
  }

  private static let inserted = """
    id, batch, place, name, client, class, turn, finish, seconds, bytes, image, payload, request,
    weights, work, trace, idem, print, created, expires
    """

  private func insert(_ rows: inout [[SQLValue]]) throws(BacklogError) {
    guard let width = rows.first?.count else { return }
    let tuples = rows.indices.map { "(\(SQLBacklog.places(width, after: $0 * width)))" }
    _ = try session.execute(
      "INSERT INTO job(\(SQLBacklog.inserted)) VALUES \(tuples.joined(separator: ", "))",
      Array(rows.joined()))
    rows = []
  }

  /// The row of a request's text, which equal ones share.
  private func request(_ text: String) throws(BacklogError) -> Int {
    let digest = SQLValue.blob(SHA256.digest(of: Array(text.utf8)).bytes)
    let find = "SELECT seq FROM request WHERE digest = $1"
    if let row = try session.execute(find, digest).first?.integer(0) { return row }
    let made = try session.execute(
      "INSERT INTO request(digest, json) VALUES($1, $2) ON CONFLICT DO NOTHING RETURNING seq",
      digest, .text(text))
    if let row = made.first?.integer(0) { return row }
    guard let row = try session.execute(find, digest).first?.integer(0) else {
      throw .broken(reason: "a request that is not there")
    }
    return row
  }

  private func openBatch(
    for submission: Submission, at now: Timestamp
  ) throws(BacklogError) -> (sequence: Int, id: BatchID)? {
    guard case .batch(let name) = submission.shape else { return nil }
    let id = BatchID(at: now, random: random(10))
    let rows = try session.execute(
      """
      INSERT INTO batch(id, client, name, idem, print, total, created)
      VALUES($1, $2, $3, $4, $5, $6, $7) RETURNING seq
      """, .blob(id.bytes), .text(submission.owner.key), SQLValue(name),
      SQLValue(submission.key?.text), SQLValue(submission.key?.print.bytes),
      .integer(submission.jobs.count), .integer(now.milliseconds))
    guard let sequence = rows.first?.integer(0) else { throw .broken(reason: "a batch's row") }
    return (sequence, id)
  }

  private func replay(
    _ key: Submission.Key, of owner: JobOwner
  ) throws(BacklogError) -> Receipt? {
    for table in ["job", "batch"] {
      let rows = try session.execute(
        "SELECT id, print FROM \(table) WHERE client = $1 AND idem = $2",
        .text(owner.key), .text(key.text))
      guard let row = rows.first else { continue }
      guard row.blob(1) == key.print.bytes else { throw .keyReused }
      if let id = row.blob(0).flatMap({ JobID(bytes: $0) }), table == "job" {
        return try document(id, for: .all).map { Receipt(.job($0), isReplayed: true) }
      }
      if let id = row.blob(0).flatMap({ BatchID(bytes: $0) }) {
        return try batch(id, for: .all).map { Receipt(.batch($0), isReplayed: true) }
      }
    }
    return nil
  }

  private func check(_ submission: Submission) throws(BacklogError) {
    let live = try liveCount(of: submission.owner)
    do throws(BacklogError) {
      try policy.check(submission, live: live, kept: try kept(), firstEnd: 0)
    } catch .ownerFull(let limit, let live, _) {
      let first = try session.execute(
        """
        SELECT seconds FROM job\(session.dialect.by("live"))
        WHERE client = $1 AND state < 2 ORDER BY seq LIMIT 1
        """,
        .text(submission.owner.key))
      throw .ownerFull(limit: limit, live: live, retryAfter: first.first?.real(0) ?? 0)
    }
  }

  /// No fewer than there are jobs; exact where that matters.
  private func kept() throws(BacklogError) -> Int {
    let ends = try session.execute(
      "SELECT (SELECT max(seq) FROM job), (SELECT min(seq) FROM job)")
    guard let last = ends.first?.integer(0), let first = ends.first?.integer(1) else { return 0 }
    if last - first < policy.jobs - policy.submissionJobs { return last - first + 1 }
    return try session.execute("SELECT count(*) FROM job").first?.integer(0) ?? 0
  }

  /// The start tag of a submission's first job: where the class is, or where its owner's last job
  /// ends.
  ///
  /// Source: Goyal et al. 1996, start-time fair queueing.
  private func startTag(of submission: Submission) throws(BacklogError) -> Double {
    let first = try session.execute(
      "SELECT turn FROM job WHERE state = 0 AND class = $1 ORDER BY class, turn, seq LIMIT 1",
      .integer(submission.jobClass.rawValue))
    var level = first.first?.real(0)
    if level == nil {
      level = try session.execute("SELECT max(turn) FROM job WHERE state = 1").first?.real(0)
    }
    if level == nil {
      // The largest of all: the end of each owner's part of the index `standing`.
      level = try session.execute(
        """
        WITH RECURSIVE owner(client) AS (
          SELECT min(client) FROM job
          UNION ALL
          SELECT (SELECT min(client) FROM job WHERE client > owner.client) FROM owner
          WHERE owner.client IS NOT NULL)
        SELECT max((SELECT max(finish) FROM job WHERE job.client = owner.client)) FROM owner
        """
      ).first?.real(0)
    }
    let own = try session.execute(
      "SELECT max(finish) FROM job WHERE client = $1", .text(submission.owner.key))
    return max(level ?? 0, own.first?.real(0) ?? 0)
  }

  package func liveCount(of owner: JobOwner) throws(BacklogError) -> Int {
    try session.execute(
      """
      SELECT count(*) FROM job\(session.dialect.by("live")) WHERE client = $1 AND state < 2
      """, .text(owner.key)
    ).first?.integer(0) ?? 0
  }
}
