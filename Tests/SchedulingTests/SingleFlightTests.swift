import Scheduling
import Cache
import Support
import Synchronization
import Testing

@Suite("Single flight", .timeLimit(.minutes(2))) struct SingleFlightTests {
  private typealias Flights = SingleFlight<Int, String>

  private struct Failure: Error, Equatable {
    let number: Int
  }

  /// A latch for asynchronous code; waiting throws when the task is cancelled.
  private final class Latch: Sendable {
    private let isOpen = Box(false)
    let arrivals = Box(0)
    let cancellations = Box(0)

    func open() { isOpen.value = true }

    func pass() async throws {
      arrivals.update { $0 += 1 }
      _ = await isOpen.until { $0 }
      if Task.isCancelled {
        cancellations.update { $0 += 1 }
        throw CancellationError()
      }
    }
  }

  /// A task that asks for the value and reports that it was answered.
  private func asker(
    _ flights: Flights, _ key: Int, latch: Latch, answer: String = "a"
  ) -> Task<String, any Error> {
    Task {
      try await flights.value(for: key) {
        try await latch.pass()
        return answer
      }
    }
  }

  /// Waits until `count` callers wait.
  private func gather(_ count: Int, in flights: Flights) async {
    #expect(await eventually { flights.waiterCount == count })
  }

  /// Yields to all tasks for a while, so that unwanted effects have time to happen.
  private func settle() async {
    for _ in 0..<2000 { await Task.yield() }
  }

  @Test
  func `SingleFlight: concurrent callers get one computation's value`() async throws {
    let (flights, latch) = (Flights(), Latch())
    let askers = (0..<100).map { asker(flights, 1, latch: latch, answer: "\($0)") }
    await gather(100, in: flights)
    #expect(flights.count == 1)
    latch.open()
    var answers: Set<String> = []
    for asker in askers { answers.insert(try await asker.value) }
    #expect(answers.count == 1 && flights.count == 0 && latch.arrivals.value == 1)
  }

  @Test
  func `SingleFlight: concurrent callers get one computation's error`() async {
    let (flights, latch) = (Flights(), Latch())
    let askers = (0..<20).map { number in
      Task {
        try await flights.value(for: 1) {
          try await latch.pass()
          throw Failure(number: number)
        }
      }
    }
    await gather(20, in: flights)
    latch.open()
    var errors: Set<Int> = []
    for asker in askers {
      do { _ = try await asker.value } catch { errors.insert((error as? Failure)?.number ?? -1) }
    }
    #expect(errors.count == 1 && errors != [-1] && flights.count == 0)
  }

  @Test
  func `SingleFlight: other keys, and one key at other times, compute separately`() async throws {
    let (flights, latch) = (Flights(), Latch())
    let askers = (0..<10).map { asker(flights, $0, latch: latch, answer: "\($0)") }
    await gather(10, in: flights)
    #expect(flights.count == 10)
    latch.open()
    for (number, asker) in askers.enumerated() { #expect(try await asker.value == "\(number)") }
    #expect(try await asker(flights, 1, latch: latch, answer: "later").value == "later")
    #expect(latch.arrivals.value == 11)
  }

  @Test(arguments: 0..<5)
  func `SingleFlight: a cancelled caller leaves at once, and the others get their value`(
    leaving: Int
  ) async throws {
    let (flights, latch) = (Flights(), Latch())
    var askers: [Task<String, any Error>] = []
    for number in 1...5 {
      askers.append(asker(flights, 1, latch: latch))
      await gather(number, in: flights)
    }
    askers[leaving].cancel()
    await #expect(throws: CancellationError.self) { try await askers[leaving].value }
    #expect(latch.cancellations.value == 0 && flights.count == 1)
    latch.open()
    for number in 0..<5 where number != leaving { #expect(try await askers[number].value == "a") }
    #expect(latch.arrivals.value == 1 && flights.count == 0)
  }

  @Test
  func `SingleFlight: the computation is cancelled with its last caller, and a later one is new`()
    async throws
  {
    let (flights, latch) = (Flights(), Latch())
    let askers = (0..<5).map { _ in asker(flights, 1, latch: latch) }
    await gather(5, in: flights)
    #expect(await latch.arrivals.until { $0 == 1 })
    for asker in askers.dropLast() {
      asker.cancel()
      _ = await asker.result
    }
    await settle()
    #expect(latch.cancellations.value == 0 && flights.count == 1)
    askers[4].cancel()
    await #expect(throws: CancellationError.self) { try await askers[4].value }
    #expect(flights.count == 0)
    #expect(await latch.cancellations.until { $0 == 1 })
    let again = asker(flights, 1, latch: latch, answer: "b")
    await gather(1, in: flights)
    latch.open()
    #expect(try await again.value == "b" && latch.arrivals.value == 2)
  }

  @Test
  func `SingleFlight: a cancelled computation does not answer later callers`() async throws {
    let (flights, isOver, latch) = (Flights(), Box(false), Latch())
    let leaver = Task {
      try await flights.value(for: 1) {
        // Ignores its cancellation.
        while !isOver.value { await Task.yield() }
        return "old"
      }
    }
    await gather(1, in: flights)
    leaver.cancel()
    _ = await leaver.result
    let asker = asker(flights, 1, latch: latch, answer: "new")
    await gather(1, in: flights)
    isOver.value = true
    await settle()
    #expect(flights.count == 1)
    latch.open()
    #expect(try await asker.value == "new" && flights.count == 0)
  }

  @Test
  func `SingleFlight: a caller cancelled before it asks computes nothing`() async {
    let (flights, latch) = (Flights(), Latch())
    let asker = Task {
      while !Task.isCancelled { await Task.yield() }
      return try await flights.value(for: 1) {
        try await latch.pass()
        return "a"
      }
    }
    asker.cancel()
    await #expect(throws: CancellationError.self) { try await asker.value }
    #expect(latch.arrivals.value == 0 && flights.count == 0)
  }

  @Test
  func `SingleFlight: nothing is retained afterwards`() async throws {
    final class Witness: Sendable {}
    let flights = Flights()
    weak var seen: Witness?
    do {
      let witness = Witness()
      seen = witness
      _ = try await flights.value(for: 1) { "\(ObjectIdentifier(witness))" }
    }
    #expect(await eventually { seen == nil })
    #expect(flights.count == 0)
  }

  @Test(arguments: 0..<4)
  func `SingleFlight: a thousand tasks, half of them cancelled at random, all end`(seed: Int) async
  {
    let flights = Flights()
    let running = Box<[Int: Int]>([:])
    let outcomes = Box<[String: Int]>([:])
    await withTaskGroup(of: Void.self) { group in
      var chance = SeededNumbers(seed: seed)
      for _ in 0..<1000 {
        let (key, steps, delay) = (chance.below(6), chance.below(60), chance.below(60))
        let isDoomed = chance.below(2) == 0
        group.addTask {
          let asker = Task {
            try await flights.value(for: key) {
              running.update { $0[key, default: 0] += 1 }
              for _ in 0..<steps where !Task.isCancelled { await Task.yield() }
              running.update { $0[key, default: 0] -= 1 }
              return "\(key)"
            }
          }
          for _ in 0..<delay { await Task.yield() }
          if isDoomed { asker.cancel() }
          let outcome: String
          switch await asker.result {
          case .success("\(key)"): outcome = "right"
          case .success: outcome = "wrong"
          case .failure(let error):
            outcome = error is CancellationError && isDoomed ? "cancelled" : "\(error)"
          }
          outcomes.update { $0[outcome, default: 0] += 1 }
        }
      }
    }
    #expect(Set(outcomes.value.keys) == ["right", "cancelled"], "\(outcomes.value)")
    #expect(outcomes.value.values.reduce(0, +) == 1000 && flights.count == 0)
    #expect(await running.until { $0.values.allSatisfy { $0 == 0 } })
  }
}
