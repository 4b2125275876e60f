import Glibc

/// Why a file could not be opened, read, written or replaced.
package enum FileError: Error, Hashable, Sendable {
  /// The system refused a call; `code` is its `errno`.
  case refused(path: String, code: Int32)
  /// A folder, a pipe or a device where a regular file is wanted.
  case notAFile(path: String)
  /// Another writer holds the file's lock.
  case inUse(path: String)
  /// More bytes than are read.
  case tooLarge(path: String, limit: Int)

  package var path: String {
    switch self {
    case .refused(let path, _), .notAFile(let path), .inUse(let path), .tooLarge(let path, _): path
    }
  }

  /// The `errno` that says the same.
  package var code: Int32 {
    switch self {
    case .refused(_, let code): code
    case .notAFile: EINVAL
    case .inUse: EWOULDBLOCK
    case .tooLarge: EFBIG
    }
  }

  /// Whether it says that there is no file.
  package var isAbsence: Bool { [ENOENT, ESTALE].contains(code) }

  /// The reason without the path.
  package var reason: String {
    switch self {
    case .refused(_, let code): systemMessage(code)
    case .notAFile: "not a file"
    case .inUse: "another program is writing it"
    case .tooLarge(_, let limit): "larger than \(limit) bytes"
    }
  }
}

extension FileError: CustomStringConvertible {
  package var description: String { "\(path): \(reason)" }
}

/// The system's own words for an `errno`.
private func systemMessage(_ code: Int32) -> String {
  // SAFETY: the text lies in memory of this thread's own until its next such call (glibc 2.32).
  unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
}
