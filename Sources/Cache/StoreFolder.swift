import Digests
import Foundation
import Glibc

/// A folder that is a store's alone.
///
///     .eyepiece-store            what makes the folder a store; locked while it is open
///     .temporary/                files being written
///     fields/ab/ab…64 digits     an entry of the namespace `fields`
struct StoreFolder: Sendable {
  /// An entry's file, as found when the store is opened.
  struct Found {
    let name: EntryName
    let bytes: Int
    let modified: Int
  }

  let path: String
  private let lock: File

  private static let mark = ".eyepiece-store"
  private static let temporary = ".temporary"
  /// Folders that may lie in a new store's: a file system's own.
  private static let harmless: Set<String> = ["lost+found"]

  /// Makes the folder if there is none, and takes it until this value is gone.
  init(claiming path: String) throws(StorageError) {
    try? FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let names: [String]
    do { names = try FileManager.default.contentsOfDirectory(atPath: path) } catch {
      throw .unusable(path: path, code: StoreFolder.reason(for: path))
    }
    guard names.contains(StoreFolder.mark) || StoreFolder.harmless.isSuperset(of: names) else {
      throw .notAStore(path: path)
    }
    do throws(SystemFailure) {
      lock = try File(locking: "\(path)/\(StoreFolder.mark)")
    } catch {
      throw error.code == EWOULDBLOCK ? .inUse(path: path) : .unusable(path: path, code: error.code)
    }
    self.path = path
  }

  /// Why a folder cannot be listed.
  private static func reason(for path: String) -> Int32 {
    do throws(SystemFailure) { _ = try FileStatus(of: path) } catch { return error.code }
    do throws(SystemFailure) { _ = try File(reading: path) } catch { return error.code }
    return ENOTDIR
  }

  func path(of name: EntryName) -> String { "\(path)/\(name.path)" }
  func path(ofTemporary number: Int) -> String { "\(path)/\(StoreFolder.temporary)/\(number)" }

  /// Makes the temporary files' folder, which may have been tidied away; a file says if that
  /// failed.
  func makeTemporaryFolder() {
    _ = try? Paths.makeFolder("\(path)/\(StoreFolder.temporary)")
  }

  /// Removes what was being written when the program ended.
  func removeTemporaries() {
    let folder = "\(path)/\(StoreFolder.temporary)"
    for name in names(in: folder) { try? Paths.remove("\(folder)/\(name)") }
  }

  /// The entries' files by their names and lengths, unread; other files among them are removed.
  ///
  /// Returns how many those were.
  func scan() -> (found: [Found], unknownFiles: Int) {
    var found: [Found] = []
    var unknownFiles = 0
    for namespace in names(in: path) where Namespace.isName(namespace) {
      for part in names(in: "\(path)/\(namespace)") {
        for file in names(in: "\(path)/\(namespace)/\(part)") {
          let place = "\(namespace)/\(part)/\(file)"
          if let entry = entry(at: place, named: file, on: namespace) {
            found.append(entry)
          } else {
            unknownFiles += 1
            try? Paths.remove("\(path)/\(place)")
          }
        }
      }
    }
    return (found, unknownFiles)
  }

  private func entry(at place: String, named file: String, on namespace: String) -> Found? {
    guard let key = Digest(hex: file), let status = try? FileStatus(of: "\(path)/\(place)"),
      status.isRegular, EntryLayout.payloadBytes(file: status.bytes) != nil
    else { return nil }
    let name = EntryName(key, in: Namespace(namespace))
    guard name.path == place else { return nil }
    return Found(name: name, bytes: status.bytes, modified: status.modified)
  }

  /// Makes the folder of an entry, so that its own name lasts too.
  func makeFolder(of name: EntryName) throws(SystemFailure) {
    let namespace = "\(path)/\(name.namespace.name)"
    if try Paths.makeFolder(namespace) { try Paths.synchronise(path) }
    if try Paths.makeFolder("\(path)/\(name.folder)") { try Paths.synchronise(namespace) }
  }

  /// Makes an entry's name, or its absence, last.
  func synchronise(_ name: EntryName) throws(SystemFailure) {
    try Paths.synchronise("\(path)/\(name.folder)")
  }

  private func names(in folder: String) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
  }
}
