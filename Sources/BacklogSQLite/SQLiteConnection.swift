import BacklogSQL
import CSQLite

/// One open database, for one thread at a time.
///
/// Source: SQLite's C API; results are extended result codes.
// SAFETY: `SQLiteBacklog` lends it to one thread after another, which SQLite allows where it was
// built with threads, also without its own locks.
@safe final class SQLiteConnection: @unchecked Sendable {
  /// Most statements that stay prepared; there are some fifty, and lists of various lengths.
  private static let statementLimit = 200

  private let database: OpaquePointer
  private var statements: [String: OpaquePointer]

  init(opening path: String) throws(SQLiteError) {
    var database: OpaquePointer?
    let flags =
      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE
    // SAFETY: the path is lent for the call, which sets the pointer, also when it fails.
    let code = unsafe sqlite3_open_v2(path, &database, flags, nil)
    guard let database = unsafe database else {
      throw SQLiteError(code: code, message: "no memory")
    }
    unsafe (self.database, statements) = (database, [:])
    guard code == SQLITE_OK else { throw failure(code) }
  }

  deinit {
    forgetStatements()
    // SAFETY: no statement is left, and the pointer is not used again.
    unsafe sqlite3_close_v2(database)
  }

  /// Whether a transaction is open; SQLite ends one by itself after some errors.
  var isInTransaction: Bool {
    // SAFETY: the database is open.
    unsafe sqlite3_get_autocommit(database) == 0
  }

  func execute(_ sql: String, _ values: [SQLValue] = []) throws(SQLiteError) -> [SQLRow] {
    let statement = unsafe try prepared(sql)
    defer {
      // SAFETY: the statement is one of this database; its error has been told by the step.
      unsafe sqlite3_reset(statement)
      unsafe sqlite3_clear_bindings(statement)
    }
    for (index, value) in values.enumerated() {
      unsafe try bind(value, to: statement, at: index + 1)
    }
    var rows: [SQLRow] = []
    while true {
      // SAFETY: as above.
      let code = unsafe sqlite3_step(statement)
      switch code {
      case SQLITE_ROW: unsafe rows.append(row(of: statement))
      case SQLITE_DONE: return rows
      default: throw failure(code)
      }
    }
  }

  private func prepared(_ sql: String) throws(SQLiteError) -> OpaquePointer {
    if let statement = unsafe statements[sql] { return unsafe statement }
    if unsafe statements.count >= SQLiteConnection.statementLimit { forgetStatements() }
    var statement: OpaquePointer?
    // `$1` is a name to SQLite, `?1` a number.
    let numbered = sql.replacing("$", with: "?")
    // SAFETY: the text is lent for the call, which sets the pointer when it succeeds.
    let code = unsafe sqlite3_prepare_v3(
      database, numbered, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
    guard code == SQLITE_OK, let statement = unsafe statement else { throw failure(code) }
    unsafe statements[sql] = statement
    return unsafe statement
  }

  private func forgetStatements() {
    // SAFETY: each is finalised once; none is being executed.
    while let entry = unsafe statements.popFirst() { unsafe sqlite3_finalize(entry.value) }
  }

  private func bind(
    _ value: SQLValue, to statement: OpaquePointer, at number: Int
  ) throws(SQLiteError) {
    let place = Int32(number)
    // SAFETY: the statement is prepared and not being executed; texts and blobs are copied.
    let count = unsafe sqlite3_bind_parameter_count(statement)
    // A statement need not mention the last values.
    guard place <= count else { return }
    let code =
      switch value {
      case .null: unsafe sqlite3_bind_null(statement, place)
      case .integer(let value): unsafe sqlite3_bind_int64(statement, place, Int64(value))
      case .real(let value): unsafe sqlite3_bind_double(statement, place, value)
      case .text(let text):
        unsafe sqlite_bind_text_copy(statement, place, text, try length(text.utf8.count))
      case .blob(let bytes):
        unsafe sqlite_bind_blob_copy(statement, place, bytes, try length(bytes.count))
      }
    guard code == SQLITE_OK else { throw failure(code) }
  }

  private func length(_ count: Int) throws(SQLiteError) -> Int32 {
    guard let count = Int32(exactly: count) else {
      throw SQLiteError(code: SQLITE_TOOBIG, message: "\(count) bytes")
    }
    return count
  }

  private func row(of statement: OpaquePointer) -> SQLRow {
    // SAFETY: the statement stands at a row; texts and blobs are copied before the next step.
    let count = unsafe sqlite3_column_count(statement)
    return SQLRow(
      (0..<count).map { column in
        switch unsafe sqlite3_column_type(statement, column) {
        case SQLITE_INTEGER: return .integer(Int(unsafe sqlite3_column_int64(statement, column)))
        case SQLITE_FLOAT: return .real(unsafe sqlite3_column_double(statement, column))
        case SQLITE_TEXT:
          let text = unsafe sqlite3_column_text(statement, column)
          return .text(unsafe text.map { unsafe String(cString: $0) } ?? "")
        case SQLITE_BLOB:
          let count = Int(unsafe sqlite3_column_bytes(statement, column))
          let bytes = unsafe sqlite3_column_blob(statement, column)
          return .blob(unsafe Array(UnsafeRawBufferPointer(start: bytes, count: count)))
        default: return .null
        }
      })
  }

  private func failure(_ code: Int32) -> SQLiteError {
    // SAFETY: the message is valid until the next call, and copied.
    let message = unsafe sqlite3_errmsg(database).map { unsafe String(cString: $0) }
    return SQLiteError(code: code, message: message ?? "error \(code)")
  }
}
