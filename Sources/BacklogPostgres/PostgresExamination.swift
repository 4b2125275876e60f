package import Backlog
import BacklogSQL

/// What a database is like as a place for jobs; nothing in it is changed.
package struct PostgresExamination: Sendable, Hashable {
  package let version: String
  /// The version of the tables; `nil` where there are none yet.
  package let schema: Int?
  /// The id of the tables; `nil` where there are none yet.
  package let identity: String?
  /// Connections that are left for everybody.
  package let connections: Int
  /// Seconds since the oldest transaction began that others' rows must be kept for, as far as this
  /// user may see.
  package let oldestSnapshot: Double
  /// Replication slots that nobody reads, for which the server keeps everything.
  package let idleSlots: Int
  /// Whether a commit waits for the disk.
  package let isDurable: Bool

  /// Connects and looks; throws `BacklogError.away` where the server does not answer.
  package init(of address: String) throws(BacklogError) {
    do throws(PostgresError) {
      let connection = try PostgresConnection(to: address)
      let rows = try connection.execute(
        """
        SELECT current_setting('server_version'),
          current_setting('max_connections')::int8 - (SELECT count(*) FROM pg_stat_activity
            WHERE backend_type = 'client backend'),
          (SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)::float8
            FROM pg_stat_activity
            WHERE backend_xmin IS NOT NULL AND pid <> pg_backend_pid()),
          (SELECT count(*) FROM pg_replication_slots WHERE NOT active),
          (current_setting('fsync') = 'on'
            AND current_setting('synchronous_commit') <> 'off')::int4,
          to_regclass('house')::text
        """)
      guard let row = rows.first else { throw PostgresError(state: "", message: "no answer") }
      version = row.text(0) ?? "?"
      connections = row.integer(1) ?? 0
      oldestSnapshot = row.real(2) ?? 0
      idleSlots = row.integer(3) ?? 0
      isDurable = row.integer(4) == 1
      guard row.text(5) != nil else {
        (schema, identity) = (nil, nil)
        return
      }
      let told = try connection.execute("SELECT key, value FROM house")
      let value = { (key: String) in told.first { $0.text(0) == key }?.text(1) }
      schema = value("schema").flatMap { Int($0) }
      identity = value("house")
    } catch {
      throw error.backlogError
    }
  }
}
