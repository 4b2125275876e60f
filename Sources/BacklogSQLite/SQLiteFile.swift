import Backlog
import BacklogSQL
import CSQLite
import Files
import Synchronization

/// The database file: how it is opened, and how its transactions begin and end.
final class SQLiteFile: SQLSession, Sendable {
  private struct State {
    var connection: SQLiteConnection?
    var isSynchronous = true
  }

  let dialect = SQLDialect(
    taking: "", locking: "", lockOwner: nil, rowsPerInsert: 1,
    byIndex: " INDEXED BY *",
    tally: "SELECT class, state, jobs, ms FROM tally WHERE jobs > 0")
  private let state: Mutex<State>

  init(at path: String, identity: [UInt8]) throws(BacklogError) {
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    if let name = NetworkFileSystem.name(of: folder) {
      throw .networkFileSystem(path: folder, kind: name)
    }
    do throws(SQLiteError) {
      let connection = try SQLiteConnection(opening: path)
      state = Mutex(State(connection: connection))
      try SQLiteFile.prepare(connection)
    } catch {
      throw error.primary == SQLITE_BUSY ? .inUse(path: path) : error.backlogError
    }
    try migrate(identity: identity)
    do throws(FileError) {
      // The name of a new file reaches the disk with its folder.
      try FileSystem.synchronise(folder)
    } catch {
      throw .broken(reason: error.description)
    }
  }

  /// What holds for every connection; in this order, for WAL then needs no shared memory and keeps
  /// every other process out.
  private static func prepare(_ connection: SQLiteConnection) throws(SQLiteError) {
    for pragma in [
      // The process before this one may still be ending.
      "busy_timeout = 5000", "locking_mode = EXCLUSIVE", "journal_mode = WAL",
      "foreign_keys = ON", "wal_autocheckpoint = 1000", "journal_size_limit = 67108864",
      "temp_store = MEMORY", "trusted_schema = OFF", "synchronous = FULL",
    ] {
      _ = try connection.execute("PRAGMA \(pragma)")
    }
    // With it the lock is taken.
    _ = try connection.execute("SELECT count(*) FROM sqlite_schema")
  }

  private func migrate(identity: [UInt8]) throws(BacklogError) {
    var found = try execute("PRAGMA user_version").first?.integer(0) ?? 0
    try Schema.check(found, on: self)
    while found < Schema.version {
      found += 1
      try begin(.durable)
      try Schema.perform(
        step: found, SQLiteSchema.statements(of: found), identity: identity, on: self)
      _ = try execute("PRAGMA user_version = \(found)")
      try commit()
    }
  }

  func execute(_ sql: String, _ values: [SQLValue]) throws(BacklogError) -> [SQLRow] {
    try state.withLock { state throws(BacklogError) in
      guard let connection = state.connection else { throw .closed }
      do throws(SQLiteError) {
        return try connection.execute(sql, values)
      } catch {
        throw error.backlogError
      }
    }
  }

  /// Begins a transaction; how it is synchronised can be said only before.
  ///
  /// A durable one also makes those before it last, for they are in the same log.
  func begin(_ durability: Durability) throws(BacklogError) {
    if durability != .reading {
      let isSynchronous = durability == .durable
      if state.withLock({ $0.isSynchronous }) != isSynchronous {
        _ = try execute("PRAGMA synchronous = \(isSynchronous ? "FULL" : "NORMAL")")
        state.withLock { $0.isSynchronous = isSynchronous }
      }
    }
    _ = try execute(durability == .reading ? "BEGIN" : "BEGIN IMMEDIATE")
  }

  func commit() throws(BacklogError) { _ = try execute("COMMIT") }

  /// Undoes a transaction, where SQLite has not done so by itself.
  func rollBack() throws(BacklogError) {
    guard state.withLock({ $0.connection?.isInTransaction ?? false }) else { return }
    _ = try execute("ROLLBACK")
  }

  func close() { state.withLock { $0.connection = nil } }
}
