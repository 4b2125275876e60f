import Backlog
import BacklogSQL

/// The tables as PostgreSQL has them.
enum PostgresSchema {
  /// Rows change in place where a page has room, as those of workers do with each heartbeat.
  private static let types = Schema.ColumnTypes(
    key: "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", integer: "BIGINT",
    real: "DOUBLE PRECISION", blob: "BYTEA",
    jobOptions: """
       WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02,
        autovacuum_vacuum_threshold = 200)
      """,
    workerOptions: " WITH (fillfactor = 50)")

  /// Brings the tables up to this release, one process after another; inside a transaction.
  static func migrate(_ session: PostgresSession, identity: [UInt8]) throws(BacklogError) {
    _ = try session.execute("SELECT pg_advisory_xact_lock(8471)")
    var found = 0
    if try session.execute("SELECT to_regclass('house')::text").first?.text(0) != nil {
      let rows = try session.execute("SELECT value FROM house WHERE key = 'schema'")
      found = rows.first?.text(0).flatMap { Int($0) } ?? 0
    }
    try Schema.check(found, on: session)
    while found < Schema.version {
      found += 1
      try Schema.perform(
        step: found, Schema.statements(of: found, types: types), identity: identity, on: session)
    }
  }
}
