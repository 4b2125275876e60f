package import Files
import Synchronization

extension DiskStore {
  @discardableResult
  package func write(_ bytes: [UInt8], for key: Digest, in namespace: Namespace) -> Outcome {
    write(key, in: namespace, payload: bytes.count) { $0.append(bytes) }
  }

  /// Keeps an entry of `payload` bytes, all of which `fill` appends, in place of a former one.
  ///
  /// Room is made first and set aside while `fill` runs, so it should not wait for clients. What
  /// it throws is passed on, and nothing is kept. When this returns `stored`, the entry lasts.
  @discardableResult
  package func write<Failure: Error>(
    _ key: Digest, in namespace: Namespace, payload: Int,
    _ fill: (inout EntryWriter) throws(Failure) -> Void
  ) throws(Failure) -> Outcome {
    precondition(payload >= 0, "\(payload) bytes")
    guard payload <= budget else { return note(.noRoom) }
    let pending: PendingEntry
    switch makeRoom(for: EntryName(key, in: namespace), payload: payload) {
    case .success(let room?): pending = room
    case .success(nil): return note(.noRoom)
    case .failure(let failure): return note(.failed(code: failure.code))
    }
    folder.makeTemporaryFolder()
    var writer = EntryWriter(
      replacing: folder.path(of: pending.name), draft: folder.path(ofTemporary: pending.writing),
      for: pending.name, payload: payload)
    do throws(Failure) {
      try fill(&writer)
    } catch {
      abandon(writer, at: pending)
      throw error
    }
    return note(finish(&writer, at: pending))
  }

  /// Room made for an entry that is being written.
  private struct PendingEntry {
    let name: EntryName
    let payload: Int
    let footprint: Int
    let writing: Int
  }

  /// Evicts until an entry fits, and sets its bytes aside; `nil` when it cannot fit.
  private func makeRoom(for name: EntryName, payload: Int) -> Result<PendingEntry?, FileError> {
    let footprint = EntryLayout.footprint(file: EntryLayout.fileBytes(payload: payload))
    return state.withLock { state in
      guard state.table.couldHold(footprint) else { return .success(nil) }
      while !state.table.hasRoom(for: footprint) {
        if let failure = evictOldest(from: &state) { return .failure(failure) }
      }
      state.table.setAside(footprint)
      state.writings += 1
      return .success(
        PendingEntry(
          name: name, payload: payload, footprint: footprint, writing: state.writings))
    }
  }

  private func finish(_ writer: inout EntryWriter, at pending: PendingEntry) -> Outcome {
    do throws(FileError) {
      let time = now()
      try writer.finish(stamp: time)
      try folder.makeFolder(of: pending.name)
      try publish(writer, at: pending, stamped: time)
    } catch {
      abandon(writer, at: pending)
      return .failed(code: error.code)
    }
    do throws(FileError) {
      try folder.synchronise(pending.name)
    } catch {
      // There now, but perhaps not after a loss of power.
      return .failed(code: error.code)
    }
    return .stored
  }

  /// Gives a written file its entry's name.
  private func publish(
    _ writer: EntryWriter, at pending: PendingEntry, stamped time: Int
  ) throws(FileError) {
    try state.withLock { state throws(FileError) in
      try writer.publish()
      state.table.giveBack(pending.footprint)
      state.table.insert(
        Record(payload: pending.payload, writing: pending.writing, stamped: time),
        for: pending.name,
        bytes: pending.footprint)
    }
  }

  /// Removes what was written so far, and then gives back its room.
  private func abandon(_ writer: EntryWriter, at pending: PendingEntry) {
    writer.discard()
    state.withLock { $0.table.giveBack(pending.footprint) }
  }

  private func note(_ outcome: Outcome) -> Outcome {
    state.withLock { state in
      switch outcome {
      case .stored: state.counts.stored += 1
      case .noRoom: state.counts.refused += 1
      case .failed: state.counts.failedWrites += 1
      }
    }
    return outcome
  }
}
