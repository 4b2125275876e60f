package import Digests
import Glibc
import Synchronization

extension DiskStore {
  /// The payload of an entry.
  package func read(_ key: Digest, in namespace: Namespace) -> [UInt8]? {
    read(first: .max, of: key, in: namespace)
  }

  /// The payload's first bytes, all of them where it has fewer; the rest is not looked at.
  package func read(first limit: Int, of key: Digest, in namespace: Namespace) -> [UInt8]? {
    precondition(limit >= 0, "the first \(limit) bytes")
    let name = EntryName(key, in: namespace)
    guard let (reader, writing) = open(name) else { return nil }
    let wanted = min(limit, reader.payload)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(wanted)
    let end = reader.read { segment in
      bytes.append(segment.extracting(first: min(segment.count, wanted - bytes.count)))
      return bytes.count < wanted
    }
    return settle(end, name, writing) ? bytes : nil
  }

  /// Lends the payload piece by piece, in order; returns whether that was all of it.
  ///
  /// Every piece is verified before it is lent. When a later one is not what was written, or the
  /// entry is absent, the result is false, and what came so far is a part without its rest.
  package func read<Failure: Error>(
    _ key: Digest, in namespace: Namespace, pieces body: (Span<UInt8>) throws(Failure) -> Void
  ) throws(Failure) -> Bool {
    let name = EntryName(key, in: namespace)
    guard let (reader, writing) = open(name) else { return false }
    let end = try reader.read { segment throws(Failure) in
      try body(segment)
      return true
    }
    return settle(end, name, writing)
  }

  /// Looks an entry up, and opens the file that has its name now.
  private func open(_ name: EntryName) -> (reader: EntryReader, writing: Int)? {
    guard let (writing, mustStamp) = use(name) else { return nil }
    do throws(SystemFailure) {
      let file = try File(reading: folder.path(of: name))
      if mustStamp { try? file.stamp(now()) }
      let limit = EntryLayout.fileBytes(payload: budget)
      if let reader = try EntryReader(file, of: name, limit: limit) { return (reader, writing) }
      removeDamaged(name, writing: writing)
    } catch {
      note(error, reading: name, writing: writing)
    }
    return nil
  }

  /// Draws the consequences of a reading's end; returns whether what was read may be served.
  private func settle(_ end: EntryReader.End, _ name: EntryName, _ writing: Int) -> Bool {
    switch end {
    case .whole, .stopped:
      state.withLock { $0.counts.hits += 1 }
      return true
    case .failed(let failure): note(failure, reading: name, writing: writing)
    case .damaged: removeDamaged(name, writing: writing)
    }
    return false
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

  /// What the system did not let us read is absent; only a link is known to be no entry.
  private func note(_ failure: SystemFailure, reading name: EntryName, writing: Int) {
    switch failure.code {
    case ELOOP, ENOENT: removeDamaged(name, writing: writing)
    default:
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
