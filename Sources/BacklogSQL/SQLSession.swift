package import Backlog

/// A connection to a database, inside a transaction.
package protocol SQLSession {
  var dialect: SQLDialect { get }
  /// Executes one statement whose parameters are `$1`, `$2` and so on.
  func execute(_ sql: String, _ values: [SQLValue]) throws(BacklogError) -> [SQLRow]
}

extension SQLSession {
  package func execute(_ sql: String, _ values: SQLValue...) throws(BacklogError) -> [SQLRow] {
    try execute(sql, values)
  }
}

/// In what the databases differ.
package struct SQLDialect: Sendable {
  /// Makes others pass over the rows that a statement takes.
  package var taking: String
  /// Makes others wait for the rows that a statement takes.
  package var locking: String
  /// Makes other submissions of the owner `$1` wait, where there can be any.
  package var lockOwner: String?
  /// Most rows that are inserted by one statement.
  package var rowsPerInsert: Int
  /// Says by which index a table is read, where the planner has to be told; `*` is its name.
  package var byIndex: String
  /// Gives class, state, jobs and waiting milliseconds.
  package var tally: String

  package init(
    taking: String, locking: String, lockOwner: String?, rowsPerInsert: Int, byIndex: String,
    tally: String
  ) {
    (self.taking, self.locking, self.lockOwner) = (taking, locking, lockOwner)
    (self.rowsPerInsert, self.byIndex, self.tally) = (rowsPerInsert, byIndex, tally)
  }

  /// What follows a table's name, to be read by an index.
  func by(_ index: String) -> String { byIndex.replacing("*", with: index) }
}
