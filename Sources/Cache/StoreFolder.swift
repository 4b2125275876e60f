import Files
import Foundation

/// A folder that is a store's alone.
///
///     .eyepiece-store            what makes the folder a store; locked while it is open
///     .eyepiece-id               its id
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
  private static let idFile = ".eyepiece-id"
  private static let temporary = ".temporary"
  /// Folders that may lie in a new store's: a file system's own.
  private static let harmless: Set<String> = ["lost+found"]

  /// Makes the folder if there is none, and takes it until this value is gone.
  init(claiming path: String) throws(StorageError) {
    try? FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let names: [String]
    do { names = try FileSystem.names(in: path) } catch { throw .unusable(error) }
    guard names.contains(StoreFolder.mark) || StoreFolder.harmless.isSuperset(of: names) else {
      throw .notAStore(path: path)
    }
    do throws(FileError) {
      lock = try File(locking: "\(path)/\(StoreFolder.mark)")
    } catch .inUse {
      throw .inUse(path: path)
    } catch {
      throw .unusable(error)
    }
    self.path = path
  }

  /// The id of this folder, which no other has.
  func id() throws(FileError) -> Digest {
    let path = "\(path)/\(StoreFolder.idFile)"
    if let known = try? File(reading: path).contents(limit: 1 << 10) {
      let text = String(decoding: known.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
      if let id = Digest(hex: text) { return id }
    }
    let id = SHA256.digest(of: randomBytes(Digest.byteCount))
    let file = try AtomicFile(replacing: path)
    try file.write(Array("\(id)\n".utf8))
    try file.commit()
    return id
  }

  func path(of name: EntryName) -> String { "\(path)/\(name.path)" }
  func path(ofTemporary number: Int) -> String { "\(path)/\(StoreFolder.temporary)/\(number)" }

  /// Makes the temporary files' folder, which may have been tidied away; a file says if that
  /// failed.
  func makeTemporaryFolder() {
    _ = try? FileSystem.makeFolder("\(path)/\(StoreFolder.temporary)")
  }

  /// Removes what was being written when the program ended.
  func removeTemporaries() {
    let folder = "\(path)/\(StoreFolder.temporary)"
    for name in names(in: folder) { try? FileSystem.remove("\(folder)/\(name)") }
  }

  /// The entries' files by their names and lengths, unread, in all namespaces.
  ///
  /// Other files are removed where their namespace is in `known`, and counted; what lies elsewhere
  /// is not the store's.
  func scan(
    removingUnknownFilesFrom known: Set<Namespace>
  ) -> (found: [Found], unknownFiles: Int) {
    var found: [Found] = []
    var unknownFiles = 0
    for namespace in names(in: path) where Namespace.isName(namespace) {
      for part in names(in: "\(path)/\(namespace)") {
        for file in names(in: "\(path)/\(namespace)/\(part)") {
          let place = "\(namespace)/\(part)/\(file)"
          if let entry = entry(at: place, named: file, on: namespace) {
            found.append(entry)
          } else if known.contains(Namespace(namespace)) {
            unknownFiles += 1
            try? FileSystem.remove("\(path)/\(place)")
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
  func makeFolder(of name: EntryName) throws(FileError) {
    let namespace = "\(path)/\(name.namespace.name)"
    if try FileSystem.makeFolder(namespace) { try FileSystem.synchronise(path) }
    if try FileSystem.makeFolder("\(path)/\(name.folder)") { try FileSystem.synchronise(namespace) }
  }

  /// Makes an entry's name, or its absence, last.
  func synchronise(_ name: EntryName) throws(FileError) {
    try FileSystem.synchronise("\(path)/\(name.folder)")
  }

  private func names(in folder: String) -> [String] {
    (try? FileSystem.names(in: folder)) ?? []
  }
}
