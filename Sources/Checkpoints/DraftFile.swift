import Glibc

/// A file that takes a name only when it is whole.
///
/// It is written under another name in the same folder and renamed when everything has reached the
/// disk. What an ended process left is removed by the next; what a living one writes is locked.
package final class DraftFile: Sendable {
  private static let prefix = ".draft-"

  private let descriptor: Int32
  private let path: String
  private let folder: String

  /// Makes a draft in a folder, after removing those that nobody writes any more.
  package init(in folder: String) throws(DraftError) {
    try DraftFile.removeLeftovers(in: folder)
    self.folder = folder
    path = "\(folder)/\(DraftFile.prefix)\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
    // SAFETY: the path is lent for the call.
    descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(0o644))
    guard descriptor >= 0 else { throw DraftError(path: path, code: errno) }
    _ = flock(descriptor, LOCK_EX)
  }

  deinit {
    close(descriptor)
    // SAFETY: the path is lent for the call. After `publish` there is nothing under this name.
    _ = unsafe unlink(path)
  }

  package func write(_ bytes: [UInt8]) throws(DraftError) {
    var written = 0
    while written < bytes.count {
      // SAFETY: the kernel reads between `written` and the array's end.
      let result = unsafe bytes.withUnsafeBytes { buffer in
        unsafe Glibc.write(
          descriptor, buffer.baseAddress?.advanced(by: written), buffer.count - written)
      }
      if result > 0 {
        written += result
      } else if result == 0 || errno != EINTR {
        throw DraftError(path: path, code: result == 0 ? ENOSPC : errno)
      }
    }
  }

  /// Returns when everything written has reached the disk.
  package func sync() throws(DraftError) {
    guard fsync(descriptor) == 0 else { throw DraftError(path: path, code: errno) }
  }

  /// Gives the file its name in the folder, in place of one that may have it.
  package func publish(as name: String) throws(DraftError) {
    try sync()
    let target = "\(folder)/\(name)"
    // SAFETY: the paths are lent for the call.
    guard unsafe rename(path, target) == 0 else { throw DraftError(path: target, code: errno) }
    // SAFETY: the path is lent for the call.
    let opened = unsafe open(folder, O_RDONLY | O_CLOEXEC)
    guard opened >= 0 else { throw DraftError(path: folder, code: errno) }
    defer { close(opened) }
    guard fsync(opened) == 0 else { throw DraftError(path: folder, code: errno) }
  }

  /// Removes drafts whose writers have ended, and with them their locks.
  private static func removeLeftovers(in folder: String) throws(DraftError) {
    // SAFETY: the path is lent for the call; what it returns is closed below, once.
    guard let entries = unsafe opendir(folder) else { throw DraftError(path: folder, code: errno) }
    defer { unsafe closedir(entries) }
    // SAFETY: an entry is valid until the next is read, and its name ends in a zero.
    while let entry = unsafe readdir(entries) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
        unsafe String(cString: UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self))
      }
      guard name.hasPrefix(prefix) else { continue }
      let path = "\(folder)/\(name)"
      // SAFETY: the paths are lent for the calls.
      let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
      guard descriptor >= 0 else { continue }
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { _ = unsafe unlink(path) }
      close(descriptor)
    }
  }
}

/// The system refused to write; `code` is its `errno`.
package struct DraftError: Error, Hashable, Sendable {
  package let path: String
  package let code: Int32
}
