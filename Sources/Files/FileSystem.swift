import Glibc

/// What the system knows of a file.
package struct FileStatus: Hashable, Sendable {
  package let isRegular: Bool
  package let bytes: Int
  /// Time of the last change, in nanoseconds since 1970.
  package let modified: Int
  /// Device and number: equal for all names of one file.
  private let identity: [UInt64]

  private init(_ status: stat) {
    isRegular = status.st_mode & S_IFMT == S_IFREG
    bytes = Int(status.st_size)
    // A time that does not fit is as old as any.
    let (seconds, isTooLarge) = status.st_mtim.tv_sec.multipliedReportingOverflow(by: 1_000_000_000)
    modified = isTooLarge ? 0 : seconds &+ status.st_mtim.tv_nsec
    identity = [UInt64(status.st_dev), UInt64(status.st_ino)]
  }

  /// The status of what lies at a path itself, not of what a link there leads to.
  package init(of path: String) throws(FileError) {
    var status = stat()
    // SAFETY: the path is lent for the call, which writes one `stat`.
    guard unsafe lstat(path, &status) == 0 else { throw .refused(path: path, code: errno) }
    self.init(status)
  }

  init(ofDescriptor descriptor: Int32, path: String) throws(FileError) {
    var status = stat()
    // SAFETY: the call writes one `stat`.
    guard unsafe fstat(descriptor, &status) == 0 else { throw .refused(path: path, code: errno) }
    self.init(status)
  }

  /// Whether both are of one file, under whatever name.
  func isOfSameFile(as other: FileStatus) -> Bool { identity == other.identity }
}

/// Calls that take paths.
package enum FileSystem {
  /// Gives a file another name, in place of a file that may have it.
  package static func move(_ path: String, to other: String) throws(FileError) {
    // SAFETY: the paths are lent for the call.
    guard unsafe rename(path, other) == 0 else { throw .refused(path: other, code: errno) }
  }

  /// Removes a file; that there is none is no failure.
  package static func remove(_ path: String) throws(FileError) {
    // SAFETY: the path is lent for the call.
    guard unsafe unlink(path) == 0 || errno == ENOENT else {
      throw .refused(path: path, code: errno)
    }
  }

  /// Makes a folder for this user alone; returns whether it is new.
  @discardableResult
  package static func makeFolder(_ path: String) throws(FileError) -> Bool {
    // SAFETY: the path is lent for the call.
    if unsafe mkdir(path, 0o700) == 0 { return true }
    guard errno == EEXIST else { throw .refused(path: path, code: errno) }
    return false
  }

  /// Whether this program may make files in a folder.
  package static func isWritable(_ folder: String) -> Bool {
    // SAFETY: the path is lent for the call.
    unsafe access(folder, W_OK | X_OK) == 0
  }

  /// Waits until the names in a folder have reached the disk.
  package static func synchronise(_ folder: String) throws(FileError) {
    try File(folder, O_RDONLY | O_DIRECTORY).synchronise()
  }

  /// The names in a folder, in no order.
  package static func names(in folder: String) throws(FileError) -> [String] {
    // SAFETY: the path is lent for the call; what it returns is closed below, once.
    guard let entries = unsafe opendir(folder) else { throw .refused(path: folder, code: errno) }
    defer { unsafe closedir(entries) }
    var names: [String] = []
    // SAFETY: an entry is valid until the next is read, and its name ends in a zero.
    while let entry = unsafe readdir(entries) {
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
        unsafe String(cString: UnsafeRawPointer(name).assumingMemoryBound(to: CChar.self))
      }
      if name != "." && name != ".." { names.append(name) }
    }
    return names
  }

  /// The folder that a path leads into.
  static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The time as files have it, in nanoseconds since 1970.
  package static func now() -> Int {
    var time = timespec()
    // SAFETY: the call writes one `timespec`.
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }
}
