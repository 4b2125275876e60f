import Glibc
import Synchronization

/// A file that takes its name only when it is whole, in place of one that may have it.
///
/// It is written under another name beside it, `.NAME.draft`, whose lock its writer holds: a second
/// writer of the same file is refused, also one in another process, and a draft without a lock is
/// what an ended process left.
package final class AtomicFile: Sendable {
  package let path: String
  private let draft: String
  private let file: File
  /// Whether the draft's name is no more this writer's.
  private let isEnded = Atomic(false)

  /// Throws `inUse` while another writes to the same draft.
  ///
  /// `mode` is narrowed by the process's umask. A draft that is named lies in the same file system.
  package init(
    replacing path: String, draft: String? = nil, mode: UInt32 = 0o666
  ) throws(FileError) {
    let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
    let draft = draft ?? "\(FileSystem.folder(of: path))/.\(name).draft"
    file = try AtomicFile.create(draft, mode)
    (self.path, self.draft) = (path, draft)
  }

  deinit { discard() }

  package func write(_ bytes: [UInt8]) throws(FileError) { try file.write(bytes) }

  /// Sets the time of the last change, in nanoseconds since 1970.
  package func stamp(_ time: Int) throws(FileError) { try file.stamp(time) }

  /// Waits until everything written has reached the disk.
  package func synchronise() throws(FileError) { try file.synchronise() }

  /// Gives the file its name.
  package func publish() throws(FileError) {
    try FileSystem.move(draft, to: path)
    isEnded.store(true, ordering: .relaxed)
  }

  /// Gives the file its name, and waits until bytes and name have reached the disk.
  package func commit() throws(FileError) {
    try synchronise()
    try publish()
    try FileSystem.synchronise(FileSystem.folder(of: path))
  }

  /// Removes what was written, unless it has its name.
  package func discard() {
    guard !isEnded.exchange(true, ordering: .relaxed) else { return }
    try? FileSystem.remove(draft)
  }
}

extension AtomicFile {
  /// Removes from a folder the drafts that ended processes left.
  package static func removeAbandoned(in folder: String) throws(FileError) {
    for name in try FileSystem.names(in: folder)
    where name.hasPrefix(".") && name.hasSuffix(".draft") {
      try? removeAbandoned("\(folder)/\(name)")
    }
  }

  /// Makes a draft and takes its lock; where a file system has no locks, its name alone counts.
  private static func create(_ draft: String, _ mode: UInt32) throws(FileError) -> File {
    while true {
      do throws(FileError) {
        let file = try File(creating: draft, mode: mode)
        // Before it was locked it may have been taken for abandoned.
        if (try? file.lock()) ?? true, try isStill(file, at: draft) { return file }
      } catch {
        guard error.code == EEXIST else { throw error }
        try removeAbandoned(draft)
      }
    }
  }

  /// Removes a draft without a writer; throws `inUse` where it has one.
  private static func removeAbandoned(_ draft: String) throws(FileError) {
    let file: File
    do throws(FileError) {
      file = try File(draft, O_WRONLY | O_NOFOLLOW | O_NONBLOCK)
    } catch {
      guard error.code == ENOENT else { throw error }
      return
    }
    guard try file.lock() else { throw .inUse(path: draft) }
    // Before it was locked it may have got its name, and another draft this one.
    if try isStill(file, at: draft) { try FileSystem.remove(draft) }
  }

  private static func isStill(_ file: File, at path: String) throws(FileError) -> Bool {
    do throws(FileError) {
      return try FileStatus(of: path).isOfSameFile(as: file.status)
    } catch {
      guard error.code == ENOENT else { throw error }
      return false
    }
  }
}
