import Backlog
import BacklogPostgres
import BacklogSQL
import BacklogSQLite
import Foundation

/// Where a backlog is: in a folder, or on a server.
struct Place {
  /// A folder's path, or the settings of a connection, which begin with `host=`.
  let text: String

  var isServer: Bool { text.hasPrefix("host=") }

  func open(
    policy: BacklogPolicy = BacklogPolicy(), seam: @escaping @Sendable (Seam) -> Void = { _ in }
  ) throws -> any SQLTransactions {
    if isServer {
      try PostgresBacklog(at: text, policy: policy, listens: false, seam: seam)
    } else {
      try SQLiteBacklog(at: "\(text)/jobs.sqlite", policy: policy, seam: seam)
    }
  }

  /// Begins anew, where that is a folder.
  func empty() throws {
    guard !isServer else { return }
    try? FileManager.default.removeItem(atPath: text)
    try FileManager.default.createDirectory(atPath: text, withIntermediateDirectories: true)
  }
}
