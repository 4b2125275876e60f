import Backlog

/// What PostgreSQL, or the way to it, refused.
struct PostgresError: Error, Hashable {
  /// The SQLSTATE; empty where the connection was lost.
  let state: String
  let message: String

  /// Whether the same may succeed on a new connection.
  ///
  /// 08 is a lost connection, 57P01 to 57P03 a server that ends or starts, 25006 one that became a
  /// standby, 25P03 one that ended a transaction in which nothing was said, 53 one without room
  /// for us. Source: PostgreSQL's manual, appendix A.
  var isAway: Bool {
    state.isEmpty || state.hasPrefix("08") || state.hasPrefix("57P")
      || ["25006", "25P03", "53300", "53400"].contains(state)
  }

  /// Whether it met another transaction, and may succeed again: serialisation, deadlock, a lock or
  /// a statement that took too long.
  var isConflict: Bool { state.hasPrefix("40") || state == "55P03" || state == "57014" }

  /// The same as the callers of a backlog see it.
  var backlogError: BacklogError {
    if state == "53100" { return .noRoom }
    if isAway || isConflict { return .away(reason: "PostgreSQL: \(message)") }
    return .broken(reason: "PostgreSQL: \(message) (\(state))")
  }
}
