import Backlog
import CSQLite

/// What SQLite refused.
struct SQLiteError: Error, Hashable {
  /// An extended result code.
  let code: Int32
  let message: String

  /// The result code without what extends it.
  var primary: Int32 { code & 0xFF }

  /// The same as the callers of a backlog see it.
  ///
  /// A disk that is full costs this call alone. After anything else that is no fault of the call,
  /// what the disk holds is unknown: an fsync that failed is never tried again.
  var backlogError: BacklogError {
    switch primary {
    case SQLITE_FULL: .noRoom
    default: .broken(reason: "SQLite: \(message) (\(code))")
    }
  }
}
