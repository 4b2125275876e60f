package import Files
import Synchronization

/// Entries on their way to a store that machines share, and from it.
extension DiskStore {
  /// The file of an entry; it may be evicted at any time, unless it is pinned.
  package func file(of name: EntryName) -> String { folder.path(of: name) }

  /// The bytes of the longest file of an entry.
  package var longestFile: Int { EntryLayout.fileBytes(payload: budget) }

  /// A path for a file that no other task uses; it is removed at the next start at the latest.
  package func temporaryPath() -> String {
    folder.makeTemporaryFolder()
    let number = state.withLock { state in
      state.writings += 1
      return state.writings
    }
    return folder.path(ofTemporary: number)
  }

  /// Keeps the entry that a file holds; returns `nil`, and keeps nothing, where the file is not
  /// exactly what was once written under that name.
  package func adopt(_ path: String, as name: EntryName) throws(FileError) -> Outcome? {
    let file = try File(reading: path, links: .refused)
    guard var reader = try EntryReader(file, of: name, limit: longestFile) else { return nil }
    do {
      return try write(name.key, in: name.namespace, payload: reader.remaining) { writer in
        while reader.remaining > 0 {
          let count = min(reader.remaining, EntryLayout.segmentBytes)
          guard let piece = reader.numbers(UInt8.self, count) else { throw DamagedFile() }
          writer.append(piece)
        }
      }
    } catch {
      return nil
    }
  }

  private struct DamagedFile: Error {}
}

extension EntryLayout {
  /// Whether a file is an entry, whole and undamaged, of whatever name.
  package static func isSound(_ path: String) throws(FileError) -> Bool {
    let file = try File(reading: path, links: .refused)
    guard let name = name(in: try file.read(0..<headerBytes)),
      var reader = try EntryReader(
        file, of: name, limit: fileBytes(payload: DiskStore.largestBudget))
    else { return false }
    while reader.remaining > 0 {
      guard reader.numbers(UInt8.self, min(reader.remaining, segmentBytes)) != nil else {
        return false
      }
    }
    return true
  }
}
