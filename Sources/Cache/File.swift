import Glibc

/// An open file or folder.
final class File: Sendable {
  private let descriptor: Int32

  /// Opens what exists for reading; a link is refused, a pipe does not block.
  convenience init(reading path: String) throws(SystemFailure) {
    try self.init(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
  }

  /// Makes a file for writing, which nobody else may read; it must not exist.
  convenience init(creating path: String) throws(SystemFailure) {
    try self.init(path, O_WRONLY | O_CREAT | O_EXCL)
  }

  /// Opens a file for a lock, made if it does not exist.
  convenience init(locking path: String) throws(SystemFailure) {
    do throws(SystemFailure) {
      try self.init(path, O_RDWR | O_CREAT | O_NOFOLLOW)
    } catch let refusal {
      // What may not be written to can still be locked, and its folder read.
      do throws(SystemFailure) { try self.init(path, O_RDONLY | O_NOFOLLOW) } catch {
        throw refusal
      }
    }
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      guard errno == EINTR else { throw SystemFailure(code: errno) }
    }
  }

  private init(_ path: String, _ flags: Int32) throws(SystemFailure) {
    // SAFETY: the path is lent for the call.
    descriptor = unsafe open(path, flags | O_CLOEXEC, mode_t(0o600))
    guard descriptor >= 0 else { throw SystemFailure(code: errno) }
  }

  deinit {
    _ = Glibc.close(descriptor)
  }

  func status() throws(SystemFailure) -> FileStatus {
    var status = stat()
    // SAFETY: the call writes one `stat`.
    guard unsafe fstat(descriptor, &status) == 0 else { throw SystemFailure(code: errno) }
    return FileStatus(status)
  }

  /// Fills the first `count` bytes of a buffer; returns fewer only at the file's end.
  func read(_ count: Int, into buffer: inout [UInt8]) throws(SystemFailure) -> Int {
    precondition(count <= buffer.count, "\(count) bytes into \(buffer.count)")
    var filled = 0
    while filled < count {
      // SAFETY: the kernel writes between `filled` and `count`, which is within the buffer.
      let result = unsafe buffer.withUnsafeMutableBytes { bytes in
        unsafe Glibc.read(descriptor, bytes.baseAddress?.advanced(by: filled), count - filled)
      }
      if result == 0 { break }
      if result > 0 {
        filled += result
      } else if errno != EINTR {
        throw SystemFailure(code: errno)
      }
    }
    return filled
  }

  func write(_ bytes: [UInt8]) throws(SystemFailure) {
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
        throw SystemFailure(code: result == 0 ? ENOSPC : errno)
      }
    }
  }

  /// Sets the time of the last change, in nanoseconds since 1970.
  func stamp(_ time: Int) throws(SystemFailure) {
    let stamp = timespec(tv_sec: time / 1_000_000_000, tv_nsec: time % 1_000_000_000)
    // SAFETY: the call reads two `timespec`s.
    guard unsafe futimens(descriptor, [stamp, stamp]) == 0 else {
      throw SystemFailure(code: errno)
    }
  }

  /// Waits until everything written has reached the disk.
  func synchronise() throws(SystemFailure) {
    while fsync(descriptor) != 0 {
      guard errno == EINTR else { throw SystemFailure(code: errno) }
    }
  }
}

/// What the system knows of a file.
struct FileStatus {
  let isRegular: Bool
  let bytes: Int
  /// Nanoseconds since 1970.
  let modified: Int

  fileprivate init(_ status: stat) {
    isRegular = status.st_mode & S_IFMT == S_IFREG
    bytes = Int(status.st_size)
    // A time that does not fit is as old as any.
    let (seconds, isTooLarge) = status.st_mtim.tv_sec.multipliedReportingOverflow(by: 1_000_000_000)
    modified = isTooLarge ? 0 : seconds &+ status.st_mtim.tv_nsec
  }

  /// Of what lies at a path itself, not of what a link there leads to.
  init(of path: String) throws(SystemFailure) {
    var status = stat()
    // SAFETY: the path is lent for the call, which writes one `stat`.
    guard unsafe lstat(path, &status) == 0 else { throw SystemFailure(code: errno) }
    self.init(status)
  }
}

/// Calls about paths.
enum Paths {
  /// Moves a file, in place of one that may be there.
  static func move(_ path: String, to other: String) throws(SystemFailure) {
    // SAFETY: the paths are lent for the call.
    guard unsafe rename(path, other) == 0 else { throw SystemFailure(code: errno) }
  }

  /// Removes a file; that there is none is no failure.
  static func remove(_ path: String) throws(SystemFailure) {
    // SAFETY: the path is lent for the call.
    guard unsafe unlink(path) == 0 || errno == ENOENT else { throw SystemFailure(code: errno) }
  }

  /// Makes a folder; returns whether it is new.
  @discardableResult
  static func makeFolder(_ path: String) throws(SystemFailure) -> Bool {
    // SAFETY: the path is lent for the call.
    if unsafe mkdir(path, 0o700) == 0 { return true }
    guard errno == EEXIST else { throw SystemFailure(code: errno) }
    return false
  }

  /// Whether this program may make files in a folder.
  static func isWritable(_ folder: String) -> Bool {
    // SAFETY: the path is lent for the call.
    unsafe access(folder, W_OK | X_OK) == 0
  }

  /// Makes the names in a folder last.
  static func synchronise(_ folder: String) throws(SystemFailure) {
    try File(reading: folder).synchronise()
  }

  /// Nanoseconds since 1970.
  static func now() -> Int {
    var time = timespec()
    // SAFETY: the call writes one `timespec`.
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }
}

extension [UInt8] {
  mutating func append(_ bytes: RawSpan) {
    // SAFETY: the span is alive during the call, which copies from it.
    unsafe bytes.withUnsafeBytes { unsafe append(contentsOf: $0) }
  }

  mutating func append(_ bytes: Span<UInt8>) {
    // SAFETY: as above.
    unsafe bytes.withUnsafeBufferPointer { unsafe append(contentsOf: $0) }
  }
}
