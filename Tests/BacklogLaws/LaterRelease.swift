import Backlog
package import BacklogSQL

/// What the release after this one may do to the tables, and this one must bear.
package enum LaterRelease {
  package static let version = Schema.version + 1

  /// Adds columns, a table and an index, and says which release is the first that may work on them.
  ///
  /// It says nothing where `least` is nil; `also` is what one engine needs beside.
  package static func widen(
    _ backlog: some SQLTransactions, least: Int?, also: [String] = []
  ) throws {
    var statements = [
      "ALTER TABLE job ADD COLUMN later TEXT",
      "ALTER TABLE job ADD COLUMN weight INT NOT NULL DEFAULT 1",
      "ALTER TABLE batch ADD COLUMN later TEXT",
      "ALTER TABLE worker ADD COLUMN cards INT NOT NULL DEFAULT 0",
      "ALTER TABLE request ADD COLUMN later TEXT",
      "CREATE TABLE later(key TEXT PRIMARY KEY, value TEXT)",
      "CREATE INDEX later_jobs ON job(later, seq) WHERE state = 0",
      "UPDATE house SET value = '\(version)' WHERE key = 'schema'",
      "DELETE FROM house WHERE key = 'least'",
    ]
    if let least { statements.append("INSERT INTO house VALUES('least', '\(least)')") }
    _ = try backlog.transaction(.durable) { [statements] backlog, _ throws(BacklogError) in
      for statement in statements + also { _ = try backlog.execute(statement) }
    }
  }
}
