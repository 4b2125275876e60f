package import Digests
import Synchronization

extension DiskStore {
  @discardableResult
  package func write(_ bytes: [UInt8], for key: Digest, in shelf: Shelf) -> Outcome {
    write(key, in: shelf, payload: bytes.count) { $0.append(bytes) }
  }

  /// Keeps an entry of `payload` bytes, all of which `fill` appends, in place of a former one.
  ///
  /// Room is made first and set aside while `fill` runs, so it should not wait for strangers. What
  /// it throws is passed on, and nothing is kept. When this returns `stored`, the entry lasts.
  @discardableResult
  package func write<Failure: Error>(
    _ key: Digest, in shelf: Shelf, payload: Int,
    _ fill: (inout EntryWriter) throws(Failure) -> Void
  ) throws(Failure) -> Outcome {
    precondition(payload >= 0, "\(payload) bytes")
    guard payload <= budget else { return note(.noRoom) }
    let place: Place
    switch makeRoom(for: EntryName(key, in: shelf), payload: payload) {
    case .success(let room?): place = room
    case .success(nil): return note(.noRoom)
    case .failure(let failure): return note(.failed(code: failure.code))
    }
    folder.makeTemporaryFolder()
    var writer = EntryWriter(creating: place.temporary, for: place.name, payload: payload)
    do throws(Failure) {
      try fill(&writer)
    } catch {
      abandon(place)
      throw error
    }
    return note(finish(&writer, at: place))
  }

  /// Room made for an entry that is being written.
  private struct Place {
    let name: EntryName
    let payload: Int
    let footprint: Int
    let writing: Int
    let temporary: String
  }

  /// Evicts until an entry fits, and sets its bytes aside; `nil` when it cannot fit.
  private func makeRoom(for name: EntryName, payload: Int) -> Result<Place?, SystemFailure> {
    let footprint = EntryLayout.footprint(file: EntryLayout.fileBytes(payload: payload))
    return state.withLock { state in
      guard state.table.couldHold(footprint) else { return .success(nil) }
      while !state.table.hasRoom(for: footprint) {
        if let failure = evictOldest(from: &state) { return .failure(failure) }
      }
      state.table.setAside(footprint)
      state.writings += 1
      return .success(
        Place(
          name: name, payload: payload, footprint: footprint, writing: state.writings,
          temporary: folder.path(ofTemporary: state.writings)))
    }
  }

  private func finish(_ writer: inout EntryWriter, at place: Place) -> Outcome {
    do throws(SystemFailure) {
      let time = now()
      try writer.finish(stamp: time)
      try folder.makeFolder(of: place.name)
      try publish(place, stamped: time)
    } catch {
      abandon(place)
      return .failed(code: error.code)
    }
    do throws(SystemFailure) {
      try folder.synchronise(place.name)
    } catch {
      // There now, but perhaps not after a loss of power.
      return .failed(code: error.code)
    }
    return .stored
  }

  /// Gives a written file its entry's name.
  private func publish(_ place: Place, stamped time: Int) throws(SystemFailure) {
    try state.withLock { state throws(SystemFailure) in
      try Paths.move(place.temporary, to: folder.path(of: place.name))
      state.table.giveBack(place.footprint)
      state.table.insert(
        Record(payload: place.payload, writing: place.writing, stamped: time), for: place.name,
        bytes: place.footprint)
    }
  }

  /// Removes what was written so far, and then gives back its room.
  private func abandon(_ place: Place) {
    try? Paths.remove(place.temporary)
    state.withLock { $0.table.giveBack(place.footprint) }
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
