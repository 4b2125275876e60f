import Encoders
import Featurization
import Scheduling
import Support
import Testing

@Suite("Registry of models", .timeLimit(.minutes(1))) struct ModelRegistryTests {
  /// A registry over models of 100 bytes, whose files a gate holds until it is opened.
  private struct Library {
    let registry: ModelRegistry
    let gate: Gate
    let loads = Box<[String]>([])
    /// Names whose files the gate does not hold.
    let swift = Box<Set<String>>([])
    /// Names whose files are unsound.
    let broken = Box<Set<String>>([])
    /// What only a model's memory holds.
    let memory = Box<[String: WeakGate]>([:])

    init(_ count: Int, budget: Int, waiting: Int = 100, isOpen: Bool = true) {
      let gate = Gate(isOpen: isOpen)
      let cards = (0..<count).map { ModelCard.stub(name: "m\($0)") }
      registry = ModelRegistry(
        cards: cards, defaultName: "m0", budget: budget, waiting: waiting, bytes: { _ in 100 },
        load: { [loads, swift, broken, memory] card throws(FeaturizationError) in
          loads.update { $0.append(card.name) }
          if !swift.value.contains(card.name) { gate.pass() }
          if broken.value.contains(card.name) {
            throw .weightsRefused(model: card.name, reason: "unsound")
          }
          let own = Gate(isOpen: true)
          memory.update { $0[card.name] = WeakGate(gate: own) }
          return LoadedModel(
            encoder: StubEncoder(card: card, operationsPerPatch: 1, gate: own),
            digest: "digest of \(card.name)", bytes: 100)
        })
      self.gate = gate
    }

    func isLoaded(_ index: Int) -> Bool { registry.isLoaded(registry.cards[index]) }

    func isInMemory(_ name: String) -> Bool { memory.value[name]?.gate != nil }

    /// Uses a model and is done with it.
    func use(_ name: String) async throws {
      let lease = try await registry.lease(name)
      #expect(lease.model.digest == "digest of \(name)")
    }
  }

  private struct WeakGate: Sendable {
    weak let gate: Gate?
  }

  @Test func `Model registry: what is loaded is told while a model is being read`() async throws {
    let library = Library(1, budget: 0, isOpen: false)
    async let reading: Void = library.use("m0")
    #expect(await eventually { library.gate.arrivals == 1 })
    #expect(!library.registry.isDefaultLoaded)
    library.gate.open()
    try await reading
    #expect(library.registry.isDefaultLoaded)
  }

  @Test func `Model registry: many models stay under the budget, and their memory ends`()
    async throws
  {
    let library = Library(10, budget: 300)
    for index in 0..<10 {
      try await library.use("m\(index)")
      #expect(library.registry.totalBytes <= 400)
    }
    #expect((0..<10).map(library.isLoaded) == (0..<10).map { $0 == 0 || $0 > 6 })
    for index in 0..<10 {
      #expect(
        await eventually { library.isInMemory("m\(index)") == library.isLoaded(index) })
    }
    #expect(library.loads.value == (0..<10).map { "m\($0)" })
    // The least recently used goes.
    try await library.use("m7")
    try await library.use("m1")
    #expect([1, 7, 8, 9].map(library.isLoaded) == [true, true, false, true])
  }

  @Test func `Model registry: a model in use stays, and who needs its room waits for the end`()
    async throws
  {
    let library = Library(4, budget: 200)
    var leases = [try await library.registry.lease("m1"), try await library.registry.lease("m2")]
    async let third: Void = library.use("m3")
    #expect(await eventually { library.registry.waitingCount == 1 })
    #expect(library.loads.value == ["m1", "m2"])
    try await library.use("m2")
    leases.removeFirst()
    try await third
    #expect(library.loads.value == ["m1", "m2", "m3"])
    #expect(await eventually { !library.isInMemory("m1") } && library.isInMemory("m2"))
    #expect(leases.count == 1)
  }

  @Test func `Model registry: a file is read once for all who ask meanwhile`() async throws {
    let library = Library(2, budget: 100, isOpen: false)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<8 { group.addTask { try await library.use("m1") } }
      #expect(await eventually { library.registry.waitingCount == 8 })
      library.gate.open()
      try await group.waitForAll()
    }
    #expect(library.loads.value == ["m1"])
  }

  @Test func `Model registry: files that are being read do not hold up a model in memory`()
    async throws
  {
    let library = Library(6, budget: 1000, isOpen: false)
    library.swift.value = ["m1"]
    try await library.use("m1")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 2...5 { group.addTask { try await library.use("m\(index)") } }
      #expect(
        await eventually { library.registry.waitingCount == 4 && library.gate.arrivals == 2 })
      try await library.use("m1")
      #expect(library.loads.value.count == 3)
      library.gate.open()
      try await group.waitForAll()
    }
    #expect(Set(library.loads.value) == ["m1", "m2", "m3", "m4", "m5"])
  }

  @Test func `Model registry: a failed reading is told to all who wait, and tried again`()
    async throws
  {
    let library = Library(3, budget: 100, isOpen: false)
    library.broken.value = ["m1"]
    let wrong = FeaturizationError.weightsRefused(model: "m1", reason: "unsound")
    await withTaskGroup(of: FeaturizationError?.self) { group in
      for _ in 0..<4 {
        group.addTask {
          do {
            try await library.use("m1")
            return nil
          } catch { return error as? FeaturizationError }
        }
      }
      #expect(await eventually { library.registry.waitingCount == 4 })
      library.gate.open()
      for await error in group { #expect(error == wrong) }
    }
    // Nothing of it is counted.
    #expect(library.registry.totalBytes == 0)
    try await library.use("m2")
    library.broken.value = []
    try await library.use("m1")
    #expect(library.loads.value == ["m1", "m2", "m1"])
  }

  @Test func `Model registry: who is cancelled leaves at once, and nothing is read for it`()
    async throws
  {
    let library = Library(4, budget: 100)
    do {
      let lease = try await library.registry.lease("m1")
      let waiting = Task { try await library.use("m2") }
      #expect(await eventually { library.registry.waitingCount == 1 })
      waiting.cancel()
      await #expect(throws: CancellationError.self) { try await waiting.value }
      #expect(library.registry.waitingCount == 0)
      withExtendedLifetime(lease) {}
    }
    try await library.use("m3")
    #expect(library.loads.value == ["m1", "m3"])
  }

  @Test func `Model registry: more who wait than may are refused`() async throws {
    let library = Library(2, budget: 100, waiting: 2, isOpen: false)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<2 { group.addTask { try await library.use("m1") } }
      #expect(await eventually { library.registry.waitingCount == 2 })
      await #expect(
        throws: JobError.queueFull(
          .encoding, .init(runners: 1, waiting: 2, heldBytes: 0), retryAfter: 1)
      ) {
        try await library.use("m1")
      }
      library.gate.open()
      try await group.waitForAll()
    }
    try await library.use("m1")
  }

  @Test func `Model registry: a model without a card or a file is missing`() async {
    let registry = ModelRegistry(
      cards: [.stub(name: "m0")], defaultName: "m0", budget: 0, waiting: 1, bytes: { _ in nil },
      load: { card throws(FeaturizationError) in throw .weightsMissing(model: card.name) })
    for name in ["m0", "unknown"] {
      await #expect(throws: FeaturizationError.weightsMissing(model: name)) {
        _ = try await registry.lease(name)
      }
    }
    #expect(registry.listing.count == 1 && !registry.isDefaultLoaded)
  }
}
