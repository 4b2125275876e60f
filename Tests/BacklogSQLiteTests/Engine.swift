import Backlog
import BacklogLaws
import BacklogSQL
import BacklogSQLite
import Support
import Foundation

/// A folder with a backlog's file in it.
final class JobsFolder: Sendable {
  let folder = TemporaryFolder()
  var path: String { "\(folder.path)/jobs.sqlite" }

  init() throws {
    try FileManager.default.createDirectory(
      atPath: folder.path, withIntermediateDirectories: true)
  }

  /// Has the tables of the next release.
  func widen(_ backlog: SQLiteBacklog, least: Int?) throws {
    try LaterRelease.widen(
      backlog, least: least, also: ["PRAGMA user_version = \(LaterRelease.version)"])
  }

  func open(
    _ policy: BacklogPolicy = .leased, _ clock: VirtualClock = VirtualClock(),
    _ random: SeededBytes = SeededBytes(seed: Int.random(in: 0..<1 << 30))
  ) throws -> SQLiteBacklog {
    try SQLiteBacklog(
      at: path, policy: policy, now: { clock.now }, steady: { clock.steady },
      random: { [self] count in
        _ = self
        return random(count)
      })
  }
}

extension BacklogEngine {
  static let sqlite = BacklogEngine(name: "SQLite") { policy, clock, random in
    try JobsFolder().open(policy, clock, random)
  }

  /// On the tables of the release after this one.
  static let sqliteOfLaterRelease = BacklogEngine(name: "SQLite, later tables") {
    policy, clock, random in
    let folder = try JobsFolder()
    let first = try folder.open(policy, clock, random)
    try folder.widen(first, least: Schema.version)
    first.close()
    return try folder.open(policy, clock, random)
  }
}
