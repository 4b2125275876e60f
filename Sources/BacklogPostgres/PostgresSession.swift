import Backlog
import BacklogSQL

/// A connection inside a transaction, which remembers what it was refused.
final class PostgresSession: SQLSession {
  let dialect = SQLDialect(
    taking: " FOR UPDATE SKIP LOCKED", locking: " FOR UPDATE",
    lockOwner: "SELECT pg_advisory_xact_lock(hashtextextended($1, 8471))", rowsPerInsert: 200,
    byIndex: "",
    tally: "SELECT class, state, count(*), sum(seconds * 1000) FROM job GROUP BY class, state")
  /// Every statement is made for an index, which the planner would not believe: how many rows are
  /// in a state changes faster than what it knows of them.
  private static let planning = """
    SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off; SET LOCAL jit = off;
    """

  /// Every lock of a transaction is let go after ten seconds, also that of a process that was stopped
  /// in its middle, or whose machine is gone: a batch's row, which all who end its jobs need.
  ///
  /// In each transaction, since a pooler keeps no settings; well below a lease.
  private static let limits = """
    SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '10s';
    SET LOCAL idle_in_transaction_session_timeout = '10s';
    """

  private let connection: PostgresConnection
  private(set) var refusal: PostgresError?

  init(_ connection: PostgresConnection) { self.connection = connection }

  func execute(_ sql: String, _ values: [SQLValue]) throws(BacklogError) -> [SQLRow] {
    do throws(PostgresError) {
      return try connection.execute(sql, values)
    } catch {
      refusal = error
      throw error.backlogError
    }
  }

  /// Begins a transaction; returns the server's time, the only one that counts.
  func begin(_ durability: Durability) throws(BacklogError) -> Timestamp {
    let lax = durability == .durable ? "" : "SET LOCAL synchronous_commit = off;"
    do throws(PostgresError) {
      let rows = try connection.execute(
        """
        BEGIN; \(lax) \(PostgresSession.planning) \(PostgresSession.limits)
        SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint
        """)
      return Timestamp(milliseconds: rows.first?.integer(0) ?? 0)
    } catch {
      refusal = error
      throw error.backlogError
    }
  }

  func commit() throws(BacklogError) { _ = try execute("COMMIT") }

  /// Undoes a transaction; returns whether the connection is as before it.
  func rollBack() -> Bool { (try? execute("ROLLBACK")) != nil }
}
