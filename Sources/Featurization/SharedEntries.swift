package import Cache
package import Files
import Scheduling
import Synchronization

/// Brings entries of a shared store to the disk of this machine, and gives others what is there.
///
/// What comes is verified; what is damaged is not there. A store that is away is not one without the
/// entry: then `FeaturizationError.sharedStoreAway` is thrown, at once until it is asked again.
package final class SharedEntries: Sendable {
  /// Questions to the store at the same time.
  private static let mostQuestions = 8
  /// Entries that are known to be there.
  private static let mostKnown = 1 << 17

  private struct State {
    var circuit = Circuit()
    /// What was there and was damaged: it is replaced when it is given again.
    var damaged: Set<SharedAddress> = []
  }

  private let store: any SharedStore
  private let disk: DiskStore
  private let arithmetic: String
  private let now: @Sendable () -> Double
  private let observe: @Sendable (FieldEvent) -> Void
  private let threads = BlockingThreadPool(limit: SharedEntries.mostQuestions)
  private let flights = SingleFlight<SharedAddress, Bool>()
  private let known: MemoryCache<SharedAddress, Bool>
  private let state = Mutex(State())

  /// `now` gives steady seconds.
  package init(
    _ store: any SharedStore, beneath disk: DiskStore, arithmetic: String = FieldRecord.arithmetic,
    now: @escaping @Sendable () -> Double = { Double(SharedEntries.steady()) },
    observe: @escaping @Sendable (FieldEvent) -> Void = { _ in }
  ) {
    (self.store, self.disk, self.arithmetic) = (store, disk, arithmetic)
    (self.now, self.observe) = (now, observe)
    known = MemoryCache(budget: SharedEntries.mostKnown, entries: SharedEntries.mostKnown)
  }

  /// Steady seconds since some moment.
  package static func steady() -> Double {
    (ContinuousClock.now - SharedEntries.start) / .seconds(1)
  }

  private static let start = ContinuousClock.now

  /// Since when the store has not answered, in steady seconds, and for how long; `nil` where it did.
  package var secondsAway: Double? {
    state.withLock { $0.circuit.awaySince }.map { now() - $0 }
  }

  /// Whether it is not asked now, since it did not answer a moment ago.
  package var isAway: Bool { !state.withLock { $0.circuit.mayAsk(at: now()) } }

  // MARK: Entries

  /// Brings an entry here; returns whether it is here then.
  package func bring(_ key: Digest, in namespace: Namespace) async throws -> Bool {
    if disk.contains(key, in: namespace) { return true }
    let name = EntryName(key, in: namespace)
    let address = SharedAddress(name, arithmetic: arithmetic)
    return try await flights.value(for: address) { [self, disk] in
      try await fetch(address, limit: disk.longestFile) { path throws(FileError) in
        try disk.adopt(path, as: name)
      }
    }
  }

  /// Gives an entry that is here to the others.
  package func publish(_ key: Digest, in namespace: Namespace) async throws {
    let name = EntryName(key, in: namespace)
    try await publish(SharedAddress(name, arithmetic: arithmetic), from: disk.file(of: name))
  }

  // MARK: Images

  /// Brings an image of at most `limit` bytes here; returns whether it is here then.
  func bringImage(_ digest: Digest, limit: Int) async throws -> Bool {
    if disk.contains(digest, in: ImageStore.namespace) { return true }
    let address = SharedAddress(content: digest)
    return try await flights.value(for: address) { [self, disk] in
      try await fetch(address, limit: limit) { path throws(FileError) in
        let bytes = try File(reading: path).contents(limit: limit)
        guard SHA256.digest(of: bytes) == digest else { return nil }
        return disk.write(bytes, for: digest, in: ImageStore.namespace)
      }
    }
  }

  /// Whether the others have an image.
  func hasImage(_ digest: Digest) async throws -> Bool {
    let address = SharedAddress(content: digest)
    if known.value(for: address) != nil { return true }
    let isThere = try await ask { store throws(SharedStoreError) in try store.contains(address) }
    if isThere { known.keep(true, for: address, bytes: 1) }
    return isThere
  }

  /// Gives an image that is here to the others.
  func publishImage(_ digest: Digest) async throws {
    let address = SharedAddress(content: digest)
    guard try await !hasImage(digest) else { return }
    let path = disk.temporaryPath()
    defer { try? FileSystem.remove(path) }
    try await threads.result { [disk] () throws(FeaturizationError) in
      guard let bytes = disk.read(digest, in: ImageStore.namespace) else {
        throw .noSuchImage(digest)
      }
      do {
        let file = try File(creating: path, mode: 0o600)
        try file.write(bytes)
      } catch {
        throw .noRoom(bytes: bytes.count)
      }
    }
    try await publish(address, from: path)
  }

  // MARK: The store

  /// Whether the others have these bytes.
  package func has(_ bytes: [UInt8]) async throws -> Bool {
    let address = SharedAddress(content: SHA256.digest(of: bytes))
    return try await ask { store throws(SharedStoreError) in try store.contains(address) }
  }

  /// Gives bytes to the others.
  package func publish(_ bytes: [UInt8]) async throws {
    let path = disk.temporaryPath()
    defer { try? FileSystem.remove(path) }
    try await threads.result { () throws(FileError) in
      let file = try File(creating: path, mode: 0o600)
      try file.write(bytes)
    }
    try await publish(SharedAddress(content: SHA256.digest(of: bytes)), from: path)
  }

  private func publish(_ address: SharedAddress, from path: String) async throws {
    guard known.value(for: address) == nil else { return }
    let isDamaged = state.withLock { $0.damaged.contains(address) }
    try await ask { store throws(SharedStoreError) in
      try store.publish(address, from: path, replacing: isDamaged)
    }
    observe(.shared(.stored))
    state.withLock { _ = $0.damaged.remove(address) }
    known.keep(true, for: address, bytes: 1)
  }

  /// Fetches a file, and has it taken in; `take` gives `nil` for one that is not what it should be.
  private func fetch(
    _ address: SharedAddress, limit: Int,
    _ take: @escaping @Sendable (String) throws(FileError) -> DiskStore.Outcome?
  ) async throws -> Bool {
    let path = disk.temporaryPath()
    defer { try? FileSystem.remove(path) }
    let isThere = try await ask { store throws(SharedStoreError) in
      try store.fetch(address, to: path, limit: limit)
    }
    guard isThere else {
      observe(.shared(.missed))
      return false
    }
    let taken = await threads.result { () -> Result<DiskStore.Outcome?, FileError> in
      Result { () throws(FileError) in try take(path) }
    }
    switch taken {
    case .success(.stored):
      known.keep(true, for: address, bytes: 1)
      observe(.shared(.found))
      return true
    case .success(nil):
      observe(.shared(.damaged))
      known.remove(address)
      state.withLock { _ = $0.damaged.insert(address) }
      return false
    case .success(.noRoom), .success(.failed), .failure:
      throw FeaturizationError.noRoom(bytes: 0)
    }
  }

  private func ask<Value: Sendable>(
    _ question: @escaping @Sendable (any SharedStore) throws(SharedStoreError) -> Value
  ) async throws -> Value {
    guard !isAway else { throw FeaturizationError.sharedStoreAway }
    do {
      let value = try await threads.result { [store] () throws(SharedStoreError) in
        try question(store)
      }
      state.withLock { $0.circuit.answered() }
      return value
    } catch {
      switch error {
      case .tooLarge(let bytes):
        state.withLock { $0.circuit.answered() }
        throw FeaturizationError.noRoom(bytes: bytes)
      case .away(let reason), .refused(let reason):
        let isNews = state.withLock { state in
          defer { state.circuit.failed(at: now()) }
          return state.circuit.awaySince == nil
        }
        observe(.shared(.away(reason: reason, isNews: isNews)))
        throw FeaturizationError.sharedStoreAway
      }
    }
  }
}
