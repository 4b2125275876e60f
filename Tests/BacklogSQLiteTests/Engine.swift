import Backlog
import BacklogLaws
import BacklogSQLite
import Support
import Foundation

/// A folder with a backlog's file in it.
final class JobsFolder: Sendable {
  private let folder = TemporaryFolder()
  var path: String { "\(folder.path)/jobs.sqlite" }

  init() throws {
    try FileManager.default.createDirectory(
      atPath: folder.path, withIntermediateDirectories: true)
  }

  func open(
    _ policy: BacklogPolicy = .leased, _ clock: VirtualClock = VirtualClock(),
    _ random: SeededBytes = SeededBytes(seed: 1)
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
}
