import Backlog
import BacklogLaws
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

  /// Writes another version of the tables into the file's header, where SQLite has it.
  func setVersion(_ version: UInt8) throws {
    var bytes = try Data(contentsOf: URL(filePath: path))
    bytes[63] = version
    try bytes.write(to: URL(filePath: path))
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
}
