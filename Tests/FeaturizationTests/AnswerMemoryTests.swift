import Featurization
import Imaging
import Scheduling
import Support
import Tensors
import Testing

@Suite("Piece size") struct PieceSizeTests {
  @Test func `PieceSize: quick clients double it, up to a bound`() {
    var size = PieceSize()
    #expect(size.bytes == PieceSize.first && size.ahead == 3)
    for _ in 0..<3 { size.wasTaken(in: .milliseconds(1)) }
    #expect(size.bytes == 8 * PieceSize.first)
    for _ in 0..<100 { size.wasTaken(in: .zero) }
    #expect(size.bytes == 1 << 30)
  }

  @Test
  func `PieceSize: slow clients halve it, down to the least, one at a time`() {
    var size = PieceSize()
    size.wasTaken(in: .milliseconds(500))
    #expect(size.bytes == PieceSize.first, "neither quick nor slow")
    for _ in 0..<100 { size.wasTaken(in: .seconds(2)) }
    #expect(size.bytes == PieceSize.least && size.ahead == 1)
    size.wasTaken(in: .milliseconds(1))
    #expect(size.bytes == 2 * PieceSize.least && size.ahead == 3)
  }
}

@Suite("Chunked arrays") struct ChunkedArrayTests {
  private static let elements = ChunkedArray(byteCount: 120, unitBytes: 2, line: 10, best: 60) {
    units in
    units.flatMap { [UInt8($0), 0] }
  }

  @Test(arguments: [
    (0, 60, 60, 0..<30), (0, 60, 59, 0..<20), (0, 60, 19, 0..<9), (0, 60, 1, 0..<1),
    (7, 60, 60, 7..<10), (7, 60, 2, 7..<8), (10, 60, 40, 10..<30), (50, 57, 60, 50..<57),
    (30, 57, 60, 30..<50), (0, 60, 1000, 0..<60),
  ])
  func `ChunkedArray: pieces are whole lines, or a part of one`(
    start: Int, end: Int, bytes: Int, expected: Range<Int>
  ) {
    #expect(Self.elements.units(from: start, to: end, atMost: bytes) == expected)
  }

  /// Pieces of all sizes, also such as are parts of a row or of a plane.
  @Test(
    arguments: [
      "", "&dtype=float16", "&normalise=l2", "&region=3,5,17,9", "&grid=patch",
      "&output=pca&components=3",
    ],
    ["npy", "tiff"])
  func `ChunkedArray: the bytes are the same, however they are cut`(
    query: String, format: String
  ) async throws {
    let stub = StubFeaturizer()
    let answer = try await stub.services.answer(
      Raster.noise(40, 31).png(), parse("quality=draft&format=\(format)\(query)"))
    guard case .stream(let stream) = answer.body else {
      Issue.record("no stream")
      return
    }
    var obtained: ChunkedArray?
    try await stream.arrays[0].parts.forEach(0..<1) { obtained = $1 }
    let elements = try #require(obtained)
    let whole = elements(0..<elements.count)
    for bytes in [1, 7 * elements.unitBytes, 40 * elements.unitBytes, 100 * elements.unitBytes] {
      var (made, next) = ([UInt8](), 0)
      while next < elements.count {
        let units = elements.units(from: next, to: elements.count, atMost: bytes)
        made += elements(units)
        next = units.upperBound
      }
      #expect(made == whole, "\(bytes)")
    }
  }
}

@Suite("Memory of answers", .timeLimit(.minutes(2))) struct AnswerMemoryTests {
  private static func memory(_ bytes: Int) -> AnswerMemory {
    AnswerMemory(
      queries: StubFeaturizer.queue(for: .queries, runners: 2),
      answers: JobQueue(
        for: .answers, limits: .init(runners: 100, waiting: 100, heldBytes: bytes)))
  }

  private static func stream(_ bytes: Int, in memory: AnswerMemory) -> ArrayStream {
    let elements = ChunkedArray(byteCount: bytes, unitBytes: 1, line: 1 << 12) { units in
      units.map { UInt8(truncatingIfNeeded: $0 &* 31) }
    }
    return ArrayStream(
      [(ArrayOutline(name: "a", shape: [bytes], type: .uint8), ArrayParts(elements))], as: .raw,
      metadata: [:], in: memory)
  }

  private func bytes(_ stream: ArrayStream) async throws -> [UInt8] {
    var all: [UInt8] = []
    try await stream.write { all += $0 }
    return all
  }

  @Test func `Pieces: those under way are counted, and none when the client has them`()
    async throws
  {
    let memory = Self.memory(1 << 30)
    var most = 0
    try await Self.stream(20 << 20, in: memory).write { bytes in
      let held = memory.answers.counts.heldBytes
      #expect(held >= bytes.count)
      most = max(most, held)
    }
    #expect(most > 3 << 20, "pieces are made ahead")
    #expect(most <= 3 * ChunkedArray.piece)
    #expect(memory.answers.counts == (waiting: 0, running: 0, heldBytes: 0))
  }

  @Test func `Pieces: where no memory is to be had, small ones come one by one, and all bytes`()
    async throws
  {
    let (short, ample) = (Self.memory(1), Self.memory(1 << 30))
    var (largest, all) = (0, [UInt8]())
    try await Self.stream(3 << 20, in: short).write { bytes in
      largest = max(largest, bytes.count)
      all += bytes
    }
    #expect(largest == PieceSize.least)
    #expect(try await all == bytes(Self.stream(3 << 20, in: ample)))
  }

  /// Half of the memory is for pieces: one reader that stops has it, others go on all the same.
  @Test func `Pieces: a reader that stops keeps no other from its bytes`() async throws {
    let memory = Self.memory(4 << 20)
    let (goes, stopped) = (Box(false), Box(false))
    try await withThrowingTaskGroup(of: Int.self) { group in
      group.addTask {
        var length = 0
        try await Self.stream(20 << 20, in: memory).write { bytes in
          length += bytes.count
          guard length > 4 << 20, !stopped.value else { return }
          stopped.value = true
          _ = await goes.until { $0 }
        }
        return length
      }
      #expect(await stopped.until { $0 })
      #expect(memory.answers.counts.heldBytes > 0)
      for _ in 0..<3 {
        #expect(try await bytes(Self.stream(5 << 20, in: memory)).count == 5 << 20)
      }
      // What an answer cannot do without has the other half.
      let reservation = try await Reservation(in: memory.answers, .init(seconds: 0, bytes: 2 << 20))
      withExtendedLifetime(reservation) {}
      goes.value = true
      #expect(try await group.next() == 20 << 20)
    }
    #expect(memory.answers.counts.heldBytes == 0)
  }

  @Test func `Reservation: bytes return with the last holder, and earlier what is not needed`()
    async throws
  {
    let memory = Self.memory(1000)
    var reservation: Reservation? = try await Reservation(
      in: memory.answers, .init(seconds: 0, bytes: 900))
    let (other, counts) = (reservation, { memory.answers.counts })
    reservation?.finish()
    #expect(counts() == (waiting: 0, running: 0, heldBytes: 900))
    reservation?.shrink(to: 300)
    #expect(counts().heldBytes == 300)
    reservation = nil
    #expect(counts().heldBytes == 300)
    withExtendedLifetime(other) {}
    #expect(Reservation(atOnceIn: memory.answers, .init(seconds: 0, bytes: 701), share: 1) == nil)
  }
}

@Suite("Memory of questions", .timeLimit(.minutes(2))) struct QuestionMemoryTests {
  private func stub(answers bytes: Int, age: Duration = .seconds(30)) -> StubFeaturizer {
    var limits = AdmissionQueue.Limits(runners: 100, waiting: 10, heldBytes: bytes, age: age)
    limits.passes = .max
    // A job that has to wait has waited for too long at once.
    let now = ContinuousClock().now
    return StubFeaturizer(
      answers: JobQueue(for: .answers, limits: limits, now: { now }, sleep: { _ in }))
  }

  @Test func `Answers: a stream of a kept field holds nothing but its pieces`() async throws {
    let stub = stub(answers: 1 << 30)
    let field = try await KeptField(stub, Raster.noise(60, 40))
    for query in ["", "format=tiff", "format=npz", "region=0,0,20,20", "normalise=l2"] {
      let answer = try await field.ask(query)
      #expect(stub.services.queries.answers.counts.heldBytes == 0, "\(query)")
      #expect(
        await eventually { stub.services.queries.queue.counts.heldBytes == 0 }, "\(query)")
      withExtendedLifetime(answer) {}
    }
    let answer = try await field.ask("output=pca&format=npy")
    #expect(stub.services.queries.answers.counts.heldBytes > 0)
    withExtendedLifetime(answer) {}
  }

  @Test func `Answers: one that finds no memory is refused, one that needs none is sent`()
    async throws
  {
    let stub = stub(answers: 1000)
    let field = try await KeptField(stub, Raster.noise(60, 40))
    // Alone it may be larger than the budget.
    var first: Answer? = try await field.ask("output=pca&format=npy&components=6")
    await #expect(throws: JobError.self) { try await field.ask("output=pca&format=npy") }
    _ = try await field.ask("").bytes()
    _ = try await field.ask("region=0,0,20,20").bytes()
    #expect(stub.services.queries.answers.counts.heldBytes > 0)
    withExtendedLifetime(first) {}
    first = nil
    _ = try await field.ask("output=pca&format=npy").bytes()
    // What an answer holds goes with its last reference, which may be a thread's that made a piece.
    #expect(
      await eventually {
        stub.services.queries.answers.counts == (waiting: 0, running: 0, heldBytes: 0)
      })
  }
}
