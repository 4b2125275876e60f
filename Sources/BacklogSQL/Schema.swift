package import Backlog

/// The tables of a backlog, in numbered steps from nothing to the newest.
///
/// A release adds steps and changes none; the one before it runs on its tables: what a step adds has
/// a default, and what nobody needs any more goes a release later.
package enum Schema {
  /// The number of steps that this release knows.
  package static let version = 1
  /// The fewest steps that a release knows which may work on the tables of this one.
  package static let least = 1

  /// Throws `newerSchema` where a later release made tables that this one may not work on.
  package static func check(_ found: Int, on session: some SQLSession) throws(BacklogError) {
    guard found > version else { return }
    let rows = try session.execute("SELECT value FROM house WHERE key = 'least'")
    guard let least = rows.first?.text(0).flatMap({ Int($0) }), least <= version else {
      throw .newerSchema(found: found, known: version)
    }
  }

  /// Makes one step; with the first the tables get their identity, 16 random bytes.
  package static func perform(
    step: Int, _ statements: [String], identity: [UInt8], on session: some SQLSession
  ) throws(BacklogError) {
    for statement in statements { _ = try session.execute(statement) }
    var marks = [("schema", "\(step)"), ("least", "\(least)")]
    if step == 1 {
      let digits = identity.map { String(0x100 + Int($0), radix: 16).dropFirst() }
      marks.append(("house", digits.joined()))
    }
    for (key, value) in marks {
      _ = try session.execute(
        "INSERT INTO house VALUES($1, $2) ON CONFLICT(key) DO UPDATE SET value = $2", .text(key),
        .text(value))
    }
  }

  /// The statements of a step, which are executed in one transaction with its number.
  package static func statements(of step: Int, types: ColumnTypes) -> [String] {
    switch step {
    case 1: first(types)
    default: []
    }
  }

  /// The names of column types, in which the databases differ.
  package struct ColumnTypes: Sendable {
    package var key: String
    package var integer: String
    package var real: String
    package var blob: String
    /// What follows the tables' columns.
    package var jobOptions: String
    package var workerOptions: String

    package init(
      key: String, integer: String, real: String, blob: String, jobOptions: String = "",
      workerOptions: String = ""
    ) {
      (self.key, self.integer, self.real, self.blob) = (key, integer, real, blob)
      (self.jobOptions, self.workerOptions) = (jobOptions, workerOptions)
    }
  }

  private static func first(_ types: ColumnTypes) -> [String] {
    let (key, int, blob) = (types.key, types.integer, types.blob)
    return [
      "CREATE TABLE house(key TEXT PRIMARY KEY, value TEXT NOT NULL)",
      """
      CREATE TABLE request(seq \(key), digest \(blob) NOT NULL UNIQUE, json TEXT NOT NULL)
      """,
      """
      CREATE TABLE batch(
        seq \(key), id \(blob) NOT NULL UNIQUE, client TEXT NOT NULL, name TEXT, idem TEXT,
        print \(blob), total \(int) NOT NULL, done \(int) NOT NULL DEFAULT 0,
        failed \(int) NOT NULL DEFAULT 0, cancelled \(int) NOT NULL DEFAULT 0,
        expired \(int) NOT NULL DEFAULT 0, cancel \(int) NOT NULL DEFAULT 0,
        version \(int) NOT NULL DEFAULT 0, created \(int) NOT NULL, ended \(int), expires \(int),
        UNIQUE(client, idem))
      """,
      """
      CREATE TABLE job(
        seq \(key), id \(blob) NOT NULL UNIQUE, batch \(int) REFERENCES batch(seq), place \(int),
        name TEXT, client TEXT NOT NULL, class \(int) NOT NULL, state \(int) NOT NULL DEFAULT 0,
        turn \(types.real) NOT NULL, finish \(types.real), seconds \(types.real) NOT NULL,
        bytes \(int) NOT NULL, image \(blob), payload \(blob),
        request \(int) NOT NULL REFERENCES request(seq), weights TEXT NOT NULL,
        work \(blob) NOT NULL, trace TEXT, idem TEXT, print \(blob),
        epoch \(int) NOT NULL DEFAULT 0, losses \(int) NOT NULL DEFAULT 0,
        lost TEXT, tries \(int) NOT NULL DEFAULT 0, worker TEXT, not_before \(int),
        cancel \(int) NOT NULL DEFAULT 0, answer \(blob), path TEXT, media TEXT,
        answer_bytes \(int), crc \(int), kind TEXT, problem TEXT,
        version \(int) NOT NULL DEFAULT 0, created \(int) NOT NULL, started \(int), ended \(int),
        expires \(int))\(types.jobOptions)
      """,
      """
      CREATE TABLE worker(
        name TEXT PRIMARY KEY, host TEXT NOT NULL, kind TEXT NOT NULL, build TEXT NOT NULL,
        models TEXT NOT NULL, runners \(int) NOT NULL, progress TEXT, seen \(int) NOT NULL,
        gone \(int) NOT NULL DEFAULT 0)\(types.workerOptions)
      """,
    ] + indexes
  }

  private static let indexes = [
    // The claim, and the first start tag of a class.
    "CREATE INDEX waiting ON job(class, turn, seq) WHERE state = 0",
    // The sweep and the heartbeat; on no column that heartbeats change.
    "CREATE INDEX running ON job(worker, seq) WHERE state = 1",
    "CREATE INDEX working ON job(work) WHERE state = 1",
    // Waiting for weights.
    "CREATE INDEX wanted ON job(weights, created) WHERE state = 0",
    // Lists and limits.
    "CREATE INDEX mine ON job(client, seq)",
    "CREATE INDEX live ON job(client, seq) WHERE state < 2",
    "CREATE INDEX pinned ON job(image) WHERE state < 2",
    // The next start tag.
    "CREATE INDEX standing ON job(client, finish)",
    "CREATE INDEX members ON job(batch, place)",
    "CREATE INDEX asked ON job(request)",
    "CREATE UNIQUE INDEX twice ON job(client, idem) WHERE idem IS NOT NULL",
    "CREATE INDEX old ON job(expires) WHERE expires IS NOT NULL",
    "CREATE INDEX old_batch ON batch(expires) WHERE expires IS NOT NULL",
  ]
}
