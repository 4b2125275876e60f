import Foundation
import Glibc

/// A file that is about to be replaced, by nobody else meanwhile.
///
/// What replaces it is there whole or not at all, also after a loss of power, and only its owner
/// may read it. The new file is made beside the old one, whose name and `.new` it has until then;
/// one that a kill has left behind has to be removed by hand.
package final class Replacement: Sendable {
  private let path: String
  private let file: File

  /// Throws `inUse` while somebody else replaces the file.
  package init(of path: String) throws(StorageError) {
    self.path = path
    do throws(SystemFailure) {
      file = try File(creating: "\(path).new")
    } catch {
      throw error.code == EEXIST
        ? .inUse(path: "\(path).new") : .unusable(path: path, code: error.code)
    }
  }

  deinit {
    try? Paths.remove("\(path).new")
  }

  /// Puts bytes in the old file's place, once.
  package func commit(_ bytes: [UInt8]) throws(StorageError) {
    do throws(SystemFailure) {
      try file.write(bytes)
      try file.synchronise()
      try Paths.move("\(path).new", to: path)
      try Paths.synchronise(URL(filePath: path).deletingLastPathComponent().path)
    } catch {
      throw .unusable(path: path, code: error.code)
    }
  }
}

/// A file's bytes; `nil` where there is none.
///
/// Throws `StorageError.unusable`, with `EFBIG` when it has more bytes than `limit`.
package func wholeFile(_ path: String, limit: Int) throws(StorageError) -> [UInt8]? {
  do throws(SystemFailure) {
    let file = try File(reading: path)
    let status = try file.status()
    guard status.isRegular else { throw SystemFailure(code: EINVAL) }
    guard status.bytes <= limit else { throw SystemFailure(code: EFBIG) }
    var bytes = [UInt8](repeating: 0, count: status.bytes)
    let count = try file.read(status.bytes, into: &bytes)
    return Array(bytes.prefix(count))
  } catch {
    if error.code == ENOENT { return nil }
    throw .unusable(path: path, code: error.code)
  }
}
