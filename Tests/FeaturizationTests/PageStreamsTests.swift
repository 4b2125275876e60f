import Featurization
import Imaging
import Scheduling
import Support
import Tensors
import Testing

@Suite("Streams of pages", .timeLimit(.minutes(2))) struct PageStreamsTests {
  static let pages = 6
  let stack = ForgedStack(noise: PageStreamsTests.pages, 30, 30).bytes
  /// One view of three blocks.
  static let query = "stride=14&flips=none&page=all"

  private func stream(_ stub: StubFeaturizer, _ query: String = query) async throws -> ArrayStream {
    let answer = try await stub.services.answer(stack, parse(query))
    guard case .stream(let stream) = answer.body else {
      throw ParameterError.unknown(name: "an answer that is no stream")
    }
    return stream
  }

  private func bytes(_ stream: ArrayStream, _ part: Range<Int>) async throws -> [UInt8] {
    var all: [UInt8] = []
    try await stream.write(part) { all += $0 }
    return all
  }

  private func isIdle(_ stub: StubFeaturizer) async -> Bool {
    await eventually {
      stub.services.fields.queue.counts == (waiting: 0, running: 0, heldBytes: 0)
        && stub.services.queries.queue.counts == (waiting: 0, running: 0, heldBytes: 0)
        && stub.services.queries.answers.counts == (waiting: 0, running: 0, heldBytes: 0)
    }
  }

  @Test func `Pages: none is encoded before the answer begins, and then each once`() async throws {
    let stub = StubFeaturizer(memory: 0)
    let stream = try await stream(stub)
    #expect(stub.gate.arrivals == 0)
    _ = try await bytes(stream, 0..<stream.length)
    #expect(stub.gate.arrivals == 3 * Self.pages)
  }

  @Test(arguments: ["npy", "npz", "raw", "safetensors"])
  func `Pages: a part equals that part of the whole, and other pages are not encoded`(
    format: String
  ) async throws {
    let stub = StubFeaturizer(memory: 0)
    let stream = try await stream(stub, "\(Self.query)&format=\(format)")
    let whole = try await bytes(stream, 0..<stream.length)
    #expect(whole.count == stream.length)
    let page = 30 * 30 * 6 * 4
    let head = format == "raw" ? 0 : stream.length - Self.pages * page
    var noise = Noise(seed: 9)
    var parts = [0..<1, 0..<head, head..<head + page, head + page - 1..<head + page + 1]
    parts += [stream.length - 1..<stream.length, head + 3 * page + 7..<head + 5 * page - 9]
    parts += (0..<6).map { _ in
      let start = Int.random(in: 0..<stream.length, using: &noise)
      return start..<Int.random(in: start...stream.length, using: &noise)
    }
    for part in parts {
      let before = stub.gate.arrivals
      #expect(try await bytes(stream, part) == Array(whole[part]), "\(part)")
      guard format != "npz" else { continue }
      let elements = (part.lowerBound - head)..<(part.upperBound - head)
      let encoded = (0..<Self.pages).count { elements.overlaps($0 * page..<($0 + 1) * page) }
      #expect(stub.gate.arrivals - before == (part.isEmpty ? 0 : 3 * encoded), "\(part)")
    }
  }

  @Test func `Pages: what a part needs first may be obtained before it goes out`() async throws {
    let stub = StubFeaturizer(memory: 0)
    let stream = try await stream(stub)
    let whole = try await bytes(stream, 0..<stream.length)
    let before = stub.gate.arrivals
    let start = stream.length - 10
    try await stream.begin(at: start)
    #expect(stub.gate.arrivals == before + 3)
    #expect(try await bytes(stream, start..<stream.length) == Array(whole[start...]))
    #expect(stub.gate.arrivals == before + 3)
  }

  @Test func `Pages: while one is taken the next is encoded, and no other`() async throws {
    let stub = StubFeaturizer(memory: 0)
    let stream = try await stream(stub)
    let page = 30 * 30 * 6 * 4
    let head = stream.length - Self.pages * page
    var taken = 0
    try await stream.write { piece in
      defer { taken += piece.count }
      guard taken >= head else { return }
      let encoded = 3 * min((taken - head) / page + 2, Self.pages)
      #expect(await stub.gate.arrived(encoded), "\(taken) bytes")
      #expect(stub.gate.arrivals == encoded)
    }
    #expect(taken == stream.length)
  }

  @Test func `Pages: an answer holds as much memory for many as for few`() async throws {
    var held: [Int] = []
    for pages in [3, 18] {
      let stub = StubFeaturizer(memory: 0)
      let stack = ForgedStack(noise: pages, 60, 60).bytes
      let answer = try await stub.services.answer(stack, parse(Self.query))
      held.append(stub.services.queries.answers.counts.heldBytes - stack.count)
      withExtendedLifetime(answer) {}
    }
    #expect(held[0] == held[1] && held[0] > 0)
  }

  @Test func `Pages: a reader that leaves ends the work, and every place is free again`()
    async throws
  {
    struct Gone: Error {}
    let stub = StubFeaturizer(memory: 0)
    var stream: ArrayStream? = try await stream(stub)
    await #expect(throws: Gone.self) {
      try await stream?.write { bytes in
        if bytes.count > 1000 { throw Gone() }
      }
    }
    #expect(stub.gate.arrivals <= 9)
    stream = nil
    #expect(await isIdle(stub))
  }

  @Test func `Pages: a cancelled request ends with the blocks in progress`() async throws {
    let stub = StubFeaturizer(workers: 1, gate: Gate(), memory: 0)
    let stack = stack
    let request = try parse("\(Self.query)&output=pca")
    let task = Task { _ = try await stub.services.answer(stack, request) }
    #expect(await stub.gate.arrived(1))
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    stub.gate.open()
    #expect(await stub.events.until { !$0.isEmpty })
    #expect(stub.gate.arrivals == 1)
    #expect(await isIdle(stub))
  }

  /// A stub whose one place for encoding can be taken away from the pages after the first.
  private func crowded() -> StubFeaturizer {
    StubFeaturizer(
      line: AdmissionQueue.Limits(runners: 1, waiting: 0, heldBytes: 1 << 30), memory: 0)
  }

  @Test func `Pages: one that fails in the middle is told to operators and ends the stream`()
    async throws
  {
    let stub = crowded()
    let failed = Box<[Int]>([])
    stub.listener.value = { event in
      if case .pageFailed(let page, _) = event { failed.update { $0.append(page) } }
    }
    let stream = try await stream(stub, "stride=14&flips=none&page=2-5")
    await #expect(throws: JobError.closing) {
      try await stream.write { _ in
        // The page after this one is under way; the one behind that is not accepted.
        guard stub.gate.arrivals >= 3, await stub.gate.arrived(6) else { return }
        stub.services.fields.queue.close()
      }
    }
    #expect(failed.value == [4])
  }

  @Test func `Pages: those after the first wait where the queue is full`() async throws {
    let stub = crowded()
    let alone = try await self.stream(StubFeaturizer())
    let expected = try await bytes(alone, 0..<alone.length)
    let place = Box<Reservation?>(nil)
    let stream = try await stream(stub)
    var all: [UInt8] = []
    try await stream.write { piece in
      all += piece
      guard place.value == nil, stub.gate.arrivals >= 3 else { return }
      #expect(await eventually { stub.services.fields.queue.counts.running == 0 })
      place.value = try? await Reservation(
        in: stub.services.fields.queue, .init(seconds: 0.1, bytes: 1))
      // Until the next page has found the place taken.
      Task {
        try await Task.sleep(for: .milliseconds(50))
        place.value = nil
      }
    }
    #expect(all == expected)
  }
}
