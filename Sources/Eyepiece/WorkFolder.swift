import Files
import Foundation

/// A folder of a worker's own, in which what it works on lies while it lives.
struct WorkFolder {
  private static let prefix = "eyepiece-work-"

  let path: String
  /// Its lock says that its worker lives.
  private let lock: File

  /// Makes one below `TMPDIR`, and removes those of workers that died.
  init() throws {
    let parent = FileManager.default.temporaryDirectory
    for name in (try? FileSystem.names(in: parent.path)) ?? []
    where name.hasPrefix(WorkFolder.prefix) && !name.hasSuffix(".lock") {
      WorkFolder.removeAbandoned(parent.appending(path: name).path)
    }
    path = parent.appending(path: WorkFolder.prefix + UUID().uuidString).path
    lock = try File(locking: "\(path).lock")
    try FileSystem.makeFolder(path)
  }

  func remove() {
    withExtendedLifetime(lock) {
      try? FileManager.default.removeItem(atPath: path)
      try? FileSystem.remove("\(path).lock")
    }
  }

  private static func removeAbandoned(_ path: String) {
    // Another user's cannot be opened, and a living worker's cannot be locked.
    guard let lock = try? File(locking: "\(path).lock") else { return }
    withExtendedLifetime(lock) {
      try? FileManager.default.removeItem(atPath: path)
      try? FileSystem.remove("\(path).lock")
    }
  }
}
