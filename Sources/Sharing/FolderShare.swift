package import Cache
import Files
import Foundation
import Glibc
import Synchronization

/// A shared store that is a folder, perhaps of a network's file system.
///
///     ac/ab/cd/abcd…64 digits     an entry
///     ac/ab/cd/.host-17-4.new     one that is being written
///
/// It needs no locks, and no order of what machines see. Nothing is ever put in the place of an entry:
/// a machine that still has the old one open, or in its cache, would fail to read it.
package final class FolderShare: SharedStore {
  /// Bytes that are copied at a time.
  private static let pieceBytes = 1 << 20

  package let place: String
  private let writer: String
  private let count = Atomic(0)

  /// Throws `SharedStoreError.refused` where there is no such folder: a mount that is missing must not
  /// look like a store without entries.
  package init(at path: String) throws(SharedStoreError) {
    place = path
    writer = ".\(machineName())-\(getpid())"
    guard (try? FileSystem.names(in: path)) != nil else {
      throw .refused(reason: "there is no folder \(path)")
    }
  }

  /// A file's path that no other writer uses.
  package func draft(_ number: Int) -> String { "\(place)/\(writer)-put-\(number).new" }

  package func path(of address: SharedAddress) -> String {
    "\(folder(of: address))/\(address.digest)"
  }

  private func folder(of address: SharedAddress) -> String {
    let digits = address.digest.description
    return "\(place)/\(address.kind.rawValue)/\(digits.prefix(2))/\(digits.dropFirst(2).prefix(2))"
  }

  package func contains(_ address: SharedAddress) throws(SharedStoreError) -> Bool {
    do throws(FileError) {
      _ = try FileStatus(of: path(of: address))
      return true
    } catch {
      return try absence(error)
    }
  }

  package func fetch(
    _ address: SharedAddress, to path: String, limit: Int
  ) throws(SharedStoreError) -> Bool {
    do throws(FileError) {
      let file = try File(reading: self.path(of: address), links: .refused)
      guard file.status.bytes <= limit else {
        throw .tooLarge(path: file.path, limit: limit)
      }
      try copy(file, to: path, mode: 0o600)
      return true
    } catch {
      return try absence(error)
    }
  }

  package func publish(
    _ address: SharedAddress, from path: String, replacing: Bool
  ) throws(SharedStoreError) {
    if replacing {
      try? FileSystem.remove(self.path(of: address))
    } else if try contains(address) {
      return
    }
    let folder = folder(of: address)
    let number = count.add(1, ordering: .relaxed).newValue
    let draft = "\(folder)/\(writer)-\(number).new"
    do throws(FileError) {
      guard (try? FileSystem.names(in: place)) != nil else {
        throw .refused(path: place, code: ENOENT)
      }
      try? FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true)
      // A network's file system may tell only now that its disk is full.
      try copy(File(reading: path), to: draft, mode: 0o666, lasting: true)
      try FileSystem.move(draft, to: self.path(of: address))
    } catch {
      try? FileSystem.remove(draft)
      // A rename that was sent twice fails the second time. Source: RFC 1813 §4.5.
      if error.code == ENOENT, (try? contains(address)) == true { return }
      throw FolderShare.error(error)
    }
  }

  private func copy(
    _ file: File, to path: String, mode: UInt32, lasting: Bool = false
  ) throws(FileError) {
    try FileSystem.remove(path)
    let copy = try File(creating: path, mode: mode)
    while true {
      var piece = [UInt8](repeating: 0, count: FolderShare.pieceBytes)
      let count = try file.read(piece.count, into: &piece)
      piece.removeLast(piece.count - count)
      try copy.write(piece)
      if count < FolderShare.pieceBytes { break }
    }
    if lasting { try copy.synchronise() }
  }

  /// False for what says that an entry is not there; everything else says nothing about it.
  private func absence(_ error: FileError) throws(SharedStoreError) -> Bool {
    switch error.code {
    case ENOENT where (try? FileSystem.names(in: place)) != nil: return false
    case ESTALE: return false
    default: throw FolderShare.error(error)
    }
  }

  private static func error(_ error: FileError) -> SharedStoreError {
    switch error.code {
    case EACCES, EPERM, EROFS, ENAMETOOLONG, ELOOP, EINVAL: .refused(reason: "\(error)")
    case EFBIG: .tooLarge(bytes: 0)
    default: .away(reason: "\(error)")
    }
  }
}
