package import Files
import Glibc
import Synchronization

extension DiskStore {
  /// The payload of an entry.
  package func read(_ key: Digest, in namespace: Namespace) -> [UInt8]? {
    read(key, in: namespace) { $0.numbers(UInt8.self, $0.remaining) }
  }

  /// What `body` makes of an entry, of which it reads as much as it wants.
  ///
  /// `nil` where the entry is absent, where what `body` came upon is not what was written, and
  /// where it makes nothing of it.
  package func read<Value>(
    _ key: Digest, in namespace: Namespace, _ body: (inout EntryReader) -> Value?
  ) -> Value? {
    let name = EntryName(key, in: namespace)
    guard case (var reader, let writing)? = open(name) else { return nil }
    let value = body(&reader)
    switch reader.failure {
    case nil:
      state.withLock { $0.counts.hits += 1 }
      return value
    case .refused(let failure): note(failure, reading: name, writing: writing)
    case .damaged: removeDamaged(name, writing: writing)
    }
    return nil
  }

  /// Looks an entry up, and opens the file that has its name now.
  private func open(_ name: EntryName) -> (reader: EntryReader, writing: Int)? {
    guard let (writing, mustStamp) = use(name) else { return nil }
    do throws(FileError) {
      let file = try File(reading: folder.path(of: name), links: .refused)
      if mustStamp { try? file.stamp(now()) }
      let limit = EntryLayout.fileBytes(payload: budget)
      if let reader = try EntryReader(file, of: name, limit: limit) { return (reader, writing) }
      removeDamaged(name, writing: writing)
    } catch {
      note(error, reading: name, writing: writing)
    }
    return nil
  }

  /// Notes an entry's use; tells which writing of it, and whether its file should be marked.
  private func use(_ name: EntryName) -> (writing: Int, mustStamp: Bool)? {
    let time = now()
    return state.withLock { state in
      guard let record = state.table.use(name) else {
        state.counts.misses += 1
        return nil
      }
      let mustStamp = time - record.stamped >= DiskStore.markLife
      if mustStamp { state.table.update(name) { $0.stamped = time } }
      return (record.writing, mustStamp)
    }
  }

  /// What the system did not let us read is absent; a link, a pipe or a folder is no entry.
  private func note(_ failure: FileError, reading name: EntryName, writing: Int) {
    switch failure {
    case .notAFile, .refused(_, ELOOP), .refused(_, ENOENT): removeDamaged(name, writing: writing)
    case .refused, .inUse, .tooLarge:
      state.withLock { state in
        state.counts.failedReads += 1
        state.counts.misses += 1
      }
    }
  }

  /// Removes an entry, unless it has been written anew, or removed, since it was looked up.
  private func removeDamaged(_ name: EntryName, writing: Int) {
    state.withLock { state in
      state.counts.misses += 1
      guard state.table[name]?.writing == writing else { return }
      if discard(name, from: &state) == nil { state.counts.damaged += 1 }
    }
  }
}
