import Glibc

/// A file that is read where it is asked, and never mapped.
///
/// A stranger's file may be shortened while it is read: here that is an error, where a mapping
/// would end the process.
package final class ReadableFile: ByteSource {
  package let count: Int
  private let descriptor: Int32
  private let path: String

  package init(path: String) throws(CheckpointError) {
    // A pipe without a writer would block `open`; it is refused below.
    // SAFETY: the path is lent for the call.
    descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    self.path = path
    guard descriptor >= 0 else { throw .unreadable(path: path, code: errno) }
    var status = stat()
    // SAFETY: the call writes one `stat`.
    let result = unsafe fstat(descriptor, &status)
    let code = errno
    count = result == 0 ? Int(status.st_size) : 0
    guard result == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw result == 0 ? .notAFile(path: path) : .unreadable(path: path, code: code)
    }
  }

  deinit {
    close(descriptor)
  }

  package func bytes(_ range: Range<Int>) throws(CheckpointError) -> [UInt8] {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "\(range) of \(count) bytes")
    var filled = 0
    var failure: CheckpointError?
    // SAFETY: the kernel writes between `filled` and the buffer's end, and `filled` counts what it
    // wrote.
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: range.count) { buffer, initialized in
      while filled < range.count {
        let result = unsafe pread(
          descriptor, buffer.baseAddress?.advanced(by: filled), range.count - filled,
          range.lowerBound + filled)
        if result < 0 && errno == EINTR { continue }
        guard result > 0 else {
          failure =
            result < 0
            ? .unreadable(path: path, code: errno)
            : .truncated(bytes: range.lowerBound + filled, needed: range.upperBound)
          break
        }
        filled += result
      }
      initialized = filled
    }
    if let failure { throw failure }
    return bytes
  }
}
