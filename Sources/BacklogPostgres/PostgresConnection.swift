import BacklogSQL
import CPostgres
import Glibc

/// One connection to a server, for one thread at a time.
///
/// Source: libpq's API; parameters have the types of their values, results are text.
// SAFETY: `PostgresBacklog` lends it to one thread after another.
@safe final class PostgresConnection: @unchecked Sendable {
  // Object identifiers of types. Source: PostgreSQL's `pg_type.dat`.
  private static let (bytea, int8, text, float8): (Oid, Oid, Oid, Oid) = (17, 20, 25, 701)
  private static let int2: Oid = 21
  private static let int4: Oid = 23
  private static let numeric: Oid = 1700

  private let connection: OpaquePointer

  /// Connects by a URL or a list of settings, with limits on how long a dead network is waited for.
  init(to address: String) throws(PostgresError) {
    let settings = [
      ("dbname", address), ("connect_timeout", "5"), ("tcp_user_timeout", "8000"),
      ("keepalives_idle", "5"), ("keepalives_interval", "3"), ("keepalives_count", "2"),
      ("target_session_attrs", "read-write"), ("application_name", "eyepiece"),
      ("client_encoding", "UTF8"),
    ]
    // SAFETY: both lists end in nil and are lent for the call; the address is expanded.
    let made = unsafe PostgresConnection.withPointers(to: settings.map(\.0)) { keys in
      unsafe PostgresConnection.withPointers(to: settings.map(\.1)) { values in
        unsafe PQconnectdbParams(keys, values, 1)
      }
    }
    guard let made = unsafe made else { throw PostgresError(state: "", message: "no memory") }
    unsafe connection = made
    guard unsafe PQstatus(connection) == CONNECTION_OK else { throw lost }
  }

  deinit {
    // SAFETY: it is finished once, and not used again.
    unsafe PQfinish(connection)
  }

  /// Waits until the server says something, at most for so long.
  func wait(milliseconds: Int32) {
    // SAFETY: the descriptor is the connection's; the call reads and writes one `pollfd`.
    var interest = pollfd(fd: unsafe PQsocket(connection), events: Int16(POLLIN), revents: 0)
    unsafe poll(&interest, 1, milliseconds)
  }

  private var lost: PostgresError {
    // SAFETY: the message is valid until the next call, and copied.
    PostgresError(state: "", message: unsafe String(cString: PQerrorMessage(connection)).trimmed)
  }

  /// Executes statements without parameters, and gives the rows of the last.
  func execute(_ statements: String) throws(PostgresError) -> [SQLRow] {
    // SAFETY: the text is lent for the call; its result is cleared by `rows`.
    unsafe try rows(PQexec(connection, statements))
  }

  func execute(_ sql: String, _ values: [SQLValue]) throws(PostgresError) -> [SQLRow] {
    let parameters = values.map(Parameter.init)
    // One after another, each ending in a zero, which bytes with zeros in them survive.
    var (memory, places): ([CChar], [Int?]) = ([], [])
    for parameter in parameters {
      places.append(parameter.bytes == nil ? nil : memory.count)
      memory += (parameter.bytes ?? []).map { CChar(bitPattern: $0) } + [0]
    }
    let types = parameters.map(\.type)
    let lengths = parameters.map { Int32($0.bytes?.count ?? 0) }
    let formats = parameters.map { Int32($0.isBinary ? 1 : 0) }
    let result = unsafe memory.withUnsafeBufferPointer { memory in
      let pointers: [UnsafePointer<CChar>?] = unsafe places.map { place in
        unsafe place.flatMap { place in unsafe memory.baseAddress.map { unsafe $0 + place } }
      }
      // SAFETY: the lists have one entry for each parameter, and are lent for the call with what
      // they point to.
      return unsafe PQexecParams(
        connection, sql, Int32(parameters.count), types, pointers, lengths, formats, 0)
    }
    return unsafe try rows(result)
  }

  /// Whether the server has said something; what it said is taken.
  func takeNotices() throws(PostgresError) -> [String] {
    // SAFETY: the connection is open; a notice is freed once, its text copied before.
    guard unsafe PQconsumeInput(connection) == 1 else { throw lost }
    var notices: [String] = []
    while let notice = unsafe PQnotifies(connection) {
      unsafe notices.append(String(cString: notice.pointee.extra))
      unsafe PQfreemem(notice)
    }
    return notices
  }

  /// Reads a result and clears it.
  private func rows(_ result: OpaquePointer?) throws(PostgresError) -> [SQLRow] {
    guard let result = unsafe result else { throw lost }
    // SAFETY: the result is cleared once, after all texts have been copied from it.
    defer { unsafe PQclear(result) }
    let status = unsafe PQresultStatus(result)
    guard status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK else {
      let state = unsafe PQresultErrorField(result, Int32(UInt8(ascii: "C")))
      guard unsafe PQstatus(connection) == CONNECTION_OK, let state = unsafe state else {
        throw lost
      }
      throw PostgresError(
        state: unsafe String(cString: state),
        message: unsafe String(cString: PQresultErrorMessage(result)).trimmed)
    }
    let columns = unsafe PQnfields(result)
    let count = unsafe PQntuples(result)
    return (0..<count).map { row in
      SQLRow((0..<columns).map { column in unsafe value(of: result, row, column) })
    }
  }

  private func value(of result: OpaquePointer, _ row: Int32, _ column: Int32) -> SQLValue {
    // SAFETY: row and column are of this result; the text ends in a zero and is copied.
    if unsafe PQgetisnull(result, row, column) == 1 { return .null }
    let text = unsafe String(cString: PQgetvalue(result, row, column))
    switch unsafe PQftype(result, column) {
    case PostgresConnection.int2, PostgresConnection.int4, PostgresConnection.int8,
      PostgresConnection.numeric:
      return Int(text).map { .integer($0) } ?? Double(text).map { .real($0) } ?? .text(text)
    case PostgresConnection.float8: return Double(text).map { .real($0) } ?? .text(text)
    case PostgresConnection.bytea: return .blob(PostgresConnection.bytes(ofHex: text))
    default: return .text(text)
    }
  }

  /// The bytes of `\x…`, as the server writes them.
  private static func bytes(ofHex text: String) -> [UInt8] {
    let digits = text.utf8.dropFirst(2).map { digit in
      digit <= UInt8(ascii: "9") ? digit - UInt8(ascii: "0") : digit - UInt8(ascii: "a") + 10
    }
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  /// A value as it is sent.
  private struct Parameter {
    var type: Oid
    var bytes: [UInt8]?
    var isBinary = false

    init(_ value: SQLValue) {
      switch value {
      case .null: type = 0
      case .integer(let value): (type, bytes) = (PostgresConnection.int8, Array("\(value)".utf8))
      case .real(let value):
        let text = value == .infinity ? "Infinity" : "\(value)"
        (type, bytes) = (PostgresConnection.float8, Array(text.utf8))
      case .text(let text): (type, bytes) = (PostgresConnection.text, Array(text.utf8))
      case .blob(let blob): (type, bytes, isBinary) = (PostgresConnection.bytea, blob, true)
      }
    }
  }

  /// Lends texts as C has them, and a nil behind them.
  private static func withPointers<Result>(
    to texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
  ) -> Result {
    let memory = texts.map { Array($0.utf8CString) }
    return unsafe lend(memory[...], [], body)
  }

  private static func lend<Result>(
    _ texts: ArraySlice<[CChar]>, _ pointers: [UnsafePointer<CChar>?],
    _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Result
  ) -> Result {
    guard let first = texts.first else {
      // SAFETY: every text before is lent by a call that surrounds this one.
      return unsafe (pointers + [nil]).withUnsafeBufferPointer { unsafe body($0.baseAddress) }
    }
    return unsafe first.withUnsafeBufferPointer { text in
      unsafe lend(texts.dropFirst(), pointers + [text.baseAddress], body)
    }
  }
}

extension String {
  /// Without the line's end that libpq's messages have.
  fileprivate var trimmed: String {
    String(reversed().drop { $0.isNewline }.reversed()).replacing("\n", with: "; ")
  }
}
