import Backlog
import Files

extension SQLBacklog {
  /// The columns of a document, in the order in which they are read.
  private static let columns = """
    j.seq, j.id, b.id, j.place, j.name, j.client, j.class, j.state, j.seconds, j.bytes, j.image,
    j.payload, r.json, j.weights, j.work, j.trace, j.epoch, j.losses, j.lost, j.tries, j.worker,
    j.not_before, j.cancel, j.answer, j.path, j.media, j.answer_bytes, j.crc, j.kind, j.problem,
    j.version, j.created, j.started, j.ended,
    CASE WHEN j.batch IS NOT NULL AND j.state > 1 THEN b.expires ELSE j.expires END, w.progress
    """

  func documents(
    _ condition: String, _ values: [SQLValue]
  ) throws(BacklogError) -> [JobDocument] {
    let rows = try session.execute(
      """
      SELECT \(SQLBacklog.columns) FROM job j JOIN request r ON r.seq = j.request
        LEFT JOIN batch b ON b.seq = j.batch
        LEFT JOIN worker w ON w.name = j.worker AND j.state = 1
      \(condition)
      """, values)
    var documents: [JobDocument] = []
    documents.reserveCapacity(rows.count)
    for row in rows {
      guard let document = JobDocument(row) else { throw .broken(reason: "a job's row") }
      documents.append(document)
    }
    return documents
  }
}

extension SQLRow {
  func timestamp(_ column: Int) -> Timestamp? {
    integer(column).map { Timestamp(milliseconds: $0) }
  }

  func digest(_ column: Int) -> Digest? { blob(column).flatMap { Digest(bytes: $0) } }
}

extension JobOrder {
  fileprivate init?(_ row: SQLRow) {
    guard let seconds = row.real(8), let bytes = row.integer(9), let request = row.text(12),
      let weights = row.text(13), let work = row.digest(14), seconds.isFinite, seconds >= 0,
      bytes >= 0
    else { return nil }
    self.init(
      image: row.digest(10), payload: row.digest(11), request: request, weights: weights,
      work: work, seconds: seconds, bytes: bytes, name: row.text(4))
  }
}

extension JobAnswer {
  fileprivate init?(_ row: SQLRow) {
    guard let name = row.digest(23), let path = row.text(24), let media = row.text(25),
      let bytes = row.integer(26)
    else { return nil }
    self.init(
      name: name, path: path, mediaType: media, bytes: bytes,
      crc: row.integer(27).flatMap { UInt32(exactly: $0) }, kind: row.text(28))
  }
}

extension JobDocument {
  /// Reads the columns of `SQLBacklog.documents`.
  fileprivate init?(_ row: SQLRow) {
    guard let sequence = row.integer(0), let id = row.blob(1).flatMap({ JobID(bytes: $0) }),
      let client = row.text(5), let jobClass = row.integer(6).flatMap({ JobClass(rawValue: $0) }),
      let state = row.integer(7).flatMap({ JobState(rawValue: $0) }), let order = JobOrder(row),
      let created = row.timestamp(31)
    else { return nil }
    self.init(
      id: id, sequence: sequence, owner: JobOwner(client: client), jobClass: jobClass,
      batch: row.blob(2).flatMap { BatchID(bytes: $0) }, place: row.integer(3), order: order,
      trace: row.text(15), created: created)
    self.state = state
    (epoch, losses, tries) = (row.integer(16) ?? 0, row.integer(17) ?? 0, row.integer(19) ?? 0)
    lostWorkers = row.text(18)?.split(separator: "\n").map { String($0) } ?? []
    (worker, notBefore, isCancelWished) = (row.text(20), row.timestamp(21), row.integer(22) == 1)
    (answer, problem, version) = (JobAnswer(row), row.text(29), row.integer(30) ?? 0)
    (started, ended, expires) = (row.timestamp(32), row.timestamp(33), row.timestamp(34))
    progress = row.text(35).flatMap { JobProgress(of: id, in: $0) }
  }
}

extension JobProgress {
  /// Finds a job in what a worker told of all of its own.
  fileprivate init?(of job: JobID, in lines: String) {
    for line in lines.split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.count == 3, JobID(words[0]) == job, let done = Int(words[1]),
        let total = Int(words[2])
      {
        self.init(job: job, done: done, total: total)
        return
      }
    }
    return nil
  }
}
