import Encoders
import Featurization
import Imaging
import Scheduling
import Support
import Testing

@Suite("Cancellation and places", .timeLimit(.minutes(2))) struct CancellationTests {
  static let one = AdmissionQueue.Limits(runners: 1, waiting: 2, heldBytes: 1 << 30)
  let image: [UInt8]

  init() throws {
    image = try Raster.noise(30, 30).png()
  }

  private func isIdle(_ stub: StubFeaturizer) async -> Bool {
    await eventually {
      stub.services.fields.queue.counts == (waiting: 0, running: 0, heldBytes: 0)
        && stub.services.queries.queue.counts == (waiting: 0, running: 0, heldBytes: 0)
        && stub.services.queries.answers.counts == (waiting: 0, running: 0, heldBytes: 0)
    }
  }

  /// A request whose field depends on the number, though its values do not.
  private func request(_ number: Int) throws -> FeatureRequest {
    try parse("quality=draft&flips=none&scale=\(["hrdv2", "none", "0,255"][number])")
  }

  @Test(arguments: 1...3)
  func `Cancellation: a cancelled running request ends with the blocks in progress`(
    workers: Int
  ) async throws {
    let stub = StubFeaturizer(workers: workers, gate: Gate(), line: Self.one)
    let progress = WorkProgress()
    let image = image
    let request = try parse("shifts=1&flips=none")
    let task = Task {
      _ = try await stub.services.answer(image, request, progress: progress)
    }
    #expect(await stub.gate.arrived(workers))
    #expect(stub.services.fields.queue.counts.running == 1)
    #expect(stub.services.fields.queue.counts.heldBytes > 0)
    task.cancel()
    #expect(await eventually { progress.isCancelled })
    stub.gate.open()
    await #expect(throws: CancellationError.self) { try await task.value }
    // The caller has left by then; the work ends with the blocks in progress.
    #expect(await stub.events.until { !$0.isEmpty })
    // Of 9 views with 3 blocks each, only those in progress were completed.
    #expect(stub.gate.arrivals == workers)
    #expect(progress.blocksAfterCancellation == workers)
    #expect(
      stub.events.value == [.cancelled(blocks: workers, of: 27, late: workers)])
    #expect(await isIdle(stub))
  }

  @Test
  func `Cancellation: a cancelled waiting request leaves the queue, and nothing of it is computed`()
    async throws
  {
    let stub = StubFeaturizer(workers: 1, gate: Gate(), line: Self.one)
    let image = image
    let requests = [try request(0), try request(1)]
    let running = Task { try await stub.services.answer(image, requests[0]).bytes() }
    #expect(await stub.gate.arrived(1))
    let waiting = Task { try await stub.services.answer(image, requests[1]).bytes() }
    #expect(await eventually { stub.services.fields.queue.counts.waiting == 1 })
    waiting.cancel()
    await #expect(throws: CancellationError.self) { try await waiting.value }
    #expect(await eventually { stub.services.fields.queue.counts.waiting == 0 })
    #expect(stub.services.fields.queue.counts.running == 1)
    #expect(stub.gate.arrivals == 1)
    stub.gate.open()
    #expect(try await running.value.isEmpty == false)
    #expect(stub.gate.arrivals == 3)
    #expect(stub.events.value.isEmpty)
    #expect(await isIdle(stub))
  }

  @Test func `Queue: a request is refused with a time when the queue is full`() async throws {
    let stub = StubFeaturizer(
      workers: 1, gate: Gate(),
      line: AdmissionQueue.Limits(runners: 1, waiting: 1, heldBytes: 1 << 30)
    )
    let image = image
    let requests = try (0..<3).map(request)
    let first = Task { try await stub.services.answer(image, requests[0]).bytes() }
    #expect(await eventually { stub.services.fields.queue.counts.running == 1 })
    let second = Task { try await stub.services.answer(image, requests[1]).bytes() }
    #expect(await eventually { stub.services.fields.queue.counts.waiting == 1 })
    await #expect {
      try await stub.services.answer(image, requests[2])
    } throws: { error in
      guard case .queueFull(.encoding, _, let seconds)? = error as? JobError else { return false }
      return seconds > 0
    }
    stub.gate.open()
    #expect(try await first.value == second.value)
    #expect(await isIdle(stub))
  }

  @Test func `Reservation: an unread answer that is dropped releases its place`() async throws {
    let stub = StubFeaturizer(line: Self.one)
    for query in ["", "output=pca&format=npy", "output=pca", "output=cls"] {
      var answer: Answer? = try await stub.services.answer(image, parse(query))
      // A thread that made the answer may let go of its bytes a little later.
      #expect(
        await eventually {
          stub.services.queries.queue.counts == (waiting: 0, running: 0, heldBytes: 0)
        })
      // Of features nothing is made before it goes out; a small picture is soon gone.
      let isHeld = query == "output=pca&format=npy"
      #expect(
        await eventually { (stub.services.queries.answers.counts.heldBytes > 0) == isHeld },
        "\(query)")
      withExtendedLifetime(answer) {}
      answer = nil
      #expect(await isIdle(stub), "\(query)")
    }
  }

  @Test func `Reservation: an answer whose reader leaves midway releases its place`() async throws {
    struct Gone: Error {}
    let stub = StubFeaturizer(line: Self.one)
    var answer: Answer? = try await stub.services.answer(image, parse(""))
    if case .stream(let stream)? = answer?.body {
      var writes = 0
      await #expect(throws: Gone.self) {
        try await stream.write { _ in
          writes += 1
          if writes == 2 { throw Gone() }
        }
      }
      #expect(writes == 2)
    } else {
      Issue.record("the answer is no stream")
    }
    answer = nil
    #expect(await isIdle(stub))
  }

  @Test(arguments: [
    "output=pca", "page=1", "fit=crop&model=stub16&page=9", "model=missing", "model=broken",
    "rotations=quarter&stride=14", "scale=0,1",
  ])
  func `Reservation: the place is released whatever a request ends with`(query: String) async throws
  {
    let stub = StubFeaturizer(line: Self.one)
    // One sample is not a number: the decoder accepts it, the grey levels do not.
    let bad = ForgedTIFF(
      floats: [.nan] + Array(repeating: 1, count: 14 * 29 - 1), width: 14, height: 29
    ).bytes
    await #expect(throws: (any Error).self) {
      try await stub.services.answer(bad, parse(query)).bytes()
    }
    #expect(await isIdle(stub))
  }

  @Test func `Concurrency: parallel requests give the bytes that each gives alone`() async throws {
    let image = image
    let queries = ["", "shifts=1&flips=hrdv2", "output=pca", "output=attention", "output=cls"]
    var alone: [[UInt8]] = []
    for query in queries {
      alone.append(
        try await StubFeaturizer(workers: 1).services.answer(image, parse(query)).bytes())
    }
    let stub = StubFeaturizer(
      workers: 3, line: AdmissionQueue.Limits(runners: 3, waiting: 100, heldBytes: 1 << 30))
    let together = try await withThrowingTaskGroup(of: (Int, [UInt8]).self) { group in
      for index in 0..<25 {
        let request = try parse(queries[index % 5])
        group.addTask { (index % 5, try await stub.services.answer(image, request).bytes()) }
      }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(together.count == 25)
    #expect(together.allSatisfy { $0.1 == alone[$0.0] })
    #expect(await isIdle(stub))
  }
}
