import Glibc

/// An open file, closed with its last reference.
package final class File: Sendable {
  package let path: String
  /// As it was when the file was opened.
  package let status: FileStatus
  private let descriptor: Int32

  /// What a link at a path's end stands for.
  package enum Links: Sendable { case followed, refused }

  /// Opens a regular file for reading.
  package convenience init(reading path: String, links: Links = .followed) throws(FileError) {
    // Opening a pipe that has no writer would block; pipes are refused below.
    try self.init(path, O_RDONLY | O_NONBLOCK | (links == .refused ? O_NOFOLLOW : 0))
    guard status.isRegular else { throw .notAFile(path: path) }
  }

  /// Opens what can be read from its beginning to its end: a file, a pipe or a device.
  package convenience init(streaming path: String) throws(FileError) {
    try self.init(path, O_RDONLY)
  }

  /// Makes a file for writing, which must not exist; `mode` is narrowed by the process's umask.
  package convenience init(creating path: String, mode: UInt32) throws(FileError) {
    try self.init(path, O_WRONLY | O_CREAT | O_EXCL, mode: mode)
  }

  /// Opens a file and holds its lock; the file is made where there is none.
  ///
  /// Throws `inUse` where another has the lock.
  package convenience init(locking path: String) throws(FileError) {
    do throws(FileError) {
      try self.init(path, O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
    } catch let refusal {
      // A file that may not be written to can still be locked.
      do throws(FileError) { try self.init(path, O_RDONLY | O_NOFOLLOW) } catch { throw refusal }
    }
    guard try lock() else { throw .inUse(path: path) }
  }

  init(_ path: String, _ flags: Int32, mode: UInt32 = 0) throws(FileError) {
    // SAFETY: the path is lent for the call.
    let descriptor = unsafe open(path, flags | O_CLOEXEC, mode_t(mode))
    guard descriptor >= 0 else { throw .refused(path: path, code: errno) }
    do throws(FileError) {
      status = try FileStatus(ofDescriptor: descriptor, path: path)
    } catch {
      close(descriptor)
      throw error
    }
    (self.path, self.descriptor) = (path, descriptor)
  }

  deinit { close(descriptor) }

  /// Takes the file's lock until the file is closed; returns false where another has it.
  func lock() throws(FileError) -> Bool {
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      switch errno {
      case EINTR: continue
      case EWOULDBLOCK: return false
      default: throw failure
      }
    }
    return true
  }

  /// Sets the time of the last change, in nanoseconds since 1970.
  package func stamp(_ time: Int) throws(FileError) {
    let stamp = timespec(tv_sec: time / 1_000_000_000, tv_nsec: time % 1_000_000_000)
    // SAFETY: the call reads two `timespec`s.
    guard unsafe futimens(descriptor, [stamp, stamp]) == 0 else { throw failure }
  }

  /// Waits until everything written has reached the disk.
  package func synchronise() throws(FileError) {
    while fsync(descriptor) != 0 {
      guard errno == EINTR else { throw failure }
    }
  }

  private var failure: FileError { .refused(path: path, code: errno) }
}

extension File {
  /// Bytes that `contents` and digests read at a time.
  static let pieceBytes = 1 << 18

  /// Fills the first `count` bytes of a buffer, from `offset` on or from where reading stands.
  ///
  /// Returns fewer only at the file's end.
  package func read(
    _ count: Int, into buffer: inout [UInt8], at offset: Int? = nil
  ) throws(FileError) -> Int {
    precondition(count <= buffer.count, "\(count) bytes into \(buffer.count)")
    var filled = 0
    while filled < count {
      // SAFETY: the kernel writes between `filled` and `count`, which is within the buffer.
      let result = unsafe buffer.withUnsafeMutableBytes { bytes in
        let rest = unsafe bytes.baseAddress?.advanced(by: filled)
        return if let offset {
          unsafe pread(descriptor, rest, count - filled, offset + filled)
        } else {
          unsafe Glibc.read(descriptor, rest, count - filled)
        }
      }
      if result == 0 { break }
      if result > 0 {
        filled += result
      } else if errno != EINTR {
        throw failure
      }
    }
    return filled
  }

  /// The bytes of a range; fewer where the file ends inside it.
  package func read(_ range: Range<Int>) throws(FileError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.count)
    let count = try read(range.count, into: &bytes, at: range.lowerBound)
    bytes.removeLast(range.count - count)
    return bytes
  }

  /// All bytes from where reading stands, of which there may be `limit`.
  package func contents(limit: Int) throws(FileError) -> [UInt8] {
    var (contents, piece): ([UInt8], _) = ([], [UInt8](repeating: 0, count: File.pieceBytes))
    contents.reserveCapacity(min(status.bytes, limit))
    while true {
      let count = try read(piece.count, into: &piece)
      guard count <= limit - contents.count else { throw .tooLarge(path: path, limit: limit) }
      contents += piece[..<count]
      if count < piece.count { return contents }
    }
  }

  package func write(_ bytes: [UInt8]) throws(FileError) {
    var written = 0
    while written < bytes.count {
      // SAFETY: the kernel reads between `written` and the array's end.
      let result = unsafe bytes.withUnsafeBytes { bytes in
        unsafe Glibc.write(
          descriptor, bytes.baseAddress?.advanced(by: written), bytes.count - written)
      }
      if result > 0 {
        written += result
      } else if result == 0 || errno != EINTR {
        throw .refused(path: path, code: result == 0 ? ENOSPC : errno)
      }
    }
  }
}
