import Encoders
import Featurization
import Files
import ImageCodecs
import Imaging
import Scheduling
import Support
import Testing

@Suite("Fields under way", .timeLimit(.minutes(2))) struct FieldsUnderWayTests {
  private let image = Raster.noise(30, 20)

  private func source(
    _ services: Services, _ query: String = "quality=draft", seed: UInt64 = 1
  ) async throws -> FieldSource {
    try await services.fields.source(
      .bytes(Raster.noise(30, 20, seed: seed).png()), parse(query).field)
  }

  /// Waits until it is no longer being made.
  private func settle(_ services: Services, _ id: Digest) async {
    await services.fields.settled(id, within: .seconds(60))
  }

  @Test func `Fields under way: views are asked as they arrive, and are those of the whole field`()
    async throws
  {
    // Three blocks a view: the second view is held.
    let gate = Gate(letting: 3)
    let stub = StubFeaturizer(gate: gate)
    let fields = stub.services.fields
    let source = try await source(stub.services)
    let (record, id) = (source.record, source.record.name)
    let begun = try #require(try await fields.begin(source, for: .anonymous, charge: { nil }))
    #expect(begun.views == 4 && begun.size == Size(width: 30, height: 20))
    #expect(await gate.arrived(4))
    let now = try #require(fields.progress(of: id))
    #expect(now.state == .encoding && now.viewsDone == 1 && now.done == 0.25)
    let request = try KeptField.request("", among: [.features], of: record.request)
    let part = try await stub.services.queries.answer(record, request, takesPartial: true)
    #expect(try #require(part.views) == (1, 4))
    gate.open()
    await settle(stub.services, id)
    #expect(fields.progress(of: id) == nil)
    let whole = try await stub.services.queries.answer(record, request, takesPartial: true)
    #expect(try #require(whole.views) == (4, 4))
    let alone = try await KeptField(
      StubFeaturizer(), Raster.noise(30, 20, seed: 1), "quality=draft&flips=none")
    #expect(try await part.bytes() == alone.ask("").bytes())
    // The same as of a field that was made in one piece.
    let usual = try await KeptField(
      StubFeaturizer(), Raster.noise(30, 20, seed: 1), "quality=draft")
    #expect(try await whole.bytes() == usual.ask("").bytes())
  }

  @Test func `Fields under way: before the first view a partial answer is refused`() async throws {
    let gate = Gate()
    let stub = StubFeaturizer(gate: gate)
    let source = try await source(stub.services)
    _ = try await stub.services.fields.begin(source, for: .anonymous, charge: { nil })
    let request = try KeptField.request("", among: [.pca], of: source.record.request)
    await #expect(throws: FeaturizationError.noViewYet(source.record.name, seconds: 1)) {
      try await stub.services.queries.answer(source.record, request, takesPartial: true)
    }
    gate.open()
    await settle(stub.services, source.record.name)
  }

  @Test func `Fields under way: one that is given up ends, and is not known any more`() async throws
  {
    let gate = Gate()
    let stub = StubFeaturizer(gate: gate)
    let fields = stub.services.fields
    let source = try await source(stub.services)
    let id = source.record.name
    let (ada, bob) = (Owner(client: "ada", request: "1"), Owner(client: "bob", request: "2"))
    let charges = Box(0)
    let charge = { Held(charges) }
    for owner in [ada, bob] {
      #expect(try await fields.begin(source, for: owner, charge: charge)?.id == id)
    }
    #expect(charges.value == 2)
    #expect(await gate.arrived(1))
    await #expect(throws: FeaturizationError.fieldOfOthers(id)) {
      try await fields.giveUp(id, for: "carol")
    }
    try await fields.giveUp(id, for: "ada")
    #expect(charges.value == 1 && fields.progress(of: id)?.state == .encoding)
    try await fields.giveUp(id, for: "bob")
    #expect(charges.value == 0 && fields.progress(of: id) == nil)
    gate.open()
    #expect(await stub.events.until { !$0.isEmpty })
    await #expect(throws: FeaturizationError.noSuchField(id)) { try await fields.record(of: id) }
    await #expect(throws: FeaturizationError.noSuchField(id)) {
      try await fields.giveUp(id, for: "bob")
    }
    // It can be made anew.
    _ = try await fields.begin(source, for: ada, charge: { nil })
    await settle(stub.services, id)
    #expect(try await fields.record(of: id).name == id)
    await #expect(throws: FeaturizationError.fieldIsMade(id)) {
      try await fields.giveUp(id, for: "ada")
    }
  }

  @Test func `Fields under way: a failure is told until it is forgotten or made good`() async throws
  {
    // The image goes while its field waits.
    let gate = Gate()
    let stub = StubFeaturizer(
      gate: gate, line: AdmissionQueue.Limits(runners: 1, waiting: 4, heldBytes: 1 << 30))
    let fields = stub.services.fields
    let (first, second) = (
      try await source(stub.services), try await source(stub.services, seed: 2)
    )
    let id = second.record.name
    _ = try await fields.begin(first, for: .anonymous, charge: { nil })
    #expect(await gate.arrived(1))
    let waiting = try #require(try await fields.begin(second, for: .anonymous, charge: { nil }))
    #expect(waiting.state == .waiting)
    try await stub.services.images.remove(second.record.image)
    gate.open()
    await settle(stub.services, id)
    let failed = try #require(fields.progress(of: id))
    #expect(failed.state == .failed)
    #expect(
      failed.error as? FeaturizationError == .noSuchImage(second.record.image))
    _ = try await fields.keep(second)
    #expect(fields.progress(of: id) == nil)
  }

  @Test func `Fields under way: no more are taken in than there is room for`() async throws {
    let gate = Gate()
    let stub = StubFeaturizer(
      gate: gate, line: AdmissionQueue.Limits(runners: 1, waiting: 2, heldBytes: 1 << 30))
    let fields = stub.services.fields
    for seed in 1...3 as ClosedRange<UInt64> {
      _ = try await fields.begin(
        try await source(stub.services, seed: seed), for: .anonymous, charge: { nil })
    }
    let one = try await source(stub.services, seed: 4)
    await #expect(throws: JobError.self) {
      try await fields.begin(one, for: .anonymous, charge: { nil })
    }
    gate.open()
  }

  @Test func `Fields under way: failures are told for a time, and no more than some of them`()
    async throws
  {
    let stub = StubFeaturizer()
    let first = try await source(stub.services).record
    let plan = try await stub.services.fields.plan(
      Raster.noise(30, 20, seed: 1).png(), first.request)
    let records = (0..<4).map { number in
      var request = first.request
      request.page = number
      return FieldRecord(image: first.image, weights: "w", request: request)
    }
    let start = ContinuousClock.now
    var limits = FieldsUnderWay.Limits(makings: 2)
    limits.failures = 2
    limits.failureLife = .seconds(10)
    var fields = FieldsUnderWay(limits: limits)
    #expect(fields.begin(records[0], plan, for: "ada", holding: nil) == .started(1))
    #expect(fields.begin(records[0], plan, for: nil, holding: nil) == .joined)
    #expect(fields.begin(records[1], plan, for: nil, holding: nil) == .started(2))
    #expect(fields.begin(records[2], plan, for: nil, holding: nil) == .full)
    // What was given up ends later, when another is made under the same id.
    #expect(fields.leave(records[1].name, nil, at: start) == .cancel(2))
    #expect(fields.leave(records[1].name, nil, at: start) == .absent)
    #expect(fields.begin(records[1], plan, for: nil, holding: nil) == .started(3))
    var isEnd = fields.end(records[1].name, 2, CancellationError(), at: start)
    #expect(!isEnd)
    #expect(fields.making(records[1].name) != nil)
    #expect(fields.leave(records[0].name, "bob", at: start) == .refused)
    #expect(fields.leave(records[0].name, "ada", at: start) == .withdrawn)
    isEnd = fields.end(records[0].name, 1, nil, at: start)
    #expect(isEnd)
    #expect(fields.failure(records[0].name, at: start) == nil && fields.count == 1)
    isEnd = fields.end(records[1].name, 3, CancellationError(), at: start)
    #expect(isEnd)
    for number in 2..<4 {
      let begun = fields.begin(records[number], plan, for: nil, holding: nil)
      #expect(begun == .started(number + 2))
      let end = start + .seconds(number)
      isEnd = fields.end(records[number].name, number + 2, CancellationError(), at: end)
      #expect(isEnd)
    }
    let told = { (second: Int) in
      records.map { fields.failure($0.name, at: start + .seconds(second)) != nil }
    }
    // The oldest of three went.
    #expect(told(3) == [false, false, true, true])
    #expect(told(12) == [false, false, false, true])
    #expect(told(13) == [false, false, false, false])
    #expect(fields.leave(records[3].name, nil, at: start + .seconds(13)) == .absent)
    // A new attempt forgets the old one's failure.
    #expect(fields.begin(records[2], plan, for: nil, holding: nil) == .started(6))
    #expect(fields.failure(records[2].name, at: start + .seconds(3)) == nil)
  }

  @Test func `Fields under way: what is at hand is not begun`() async throws {
    let stub = StubFeaturizer()
    let source = try await source(stub.services)
    _ = try await stub.services.fields.keep(source)
    #expect(try await stub.services.fields.begin(source, for: .anonymous, charge: { nil }) == nil)
  }

  @Test func `Fields under way: classical features need no encoder, of any field`() async throws {
    let gate = Gate()
    let stub = StubFeaturizer(gate: gate)
    let source = try await source(stub.services)
    _ = try await stub.services.fields.begin(source, for: .anonymous, charge: { nil })
    let labels = try encodePNG(
      Raster(
        size: Size(width: 30, height: 20), channels: 1,
        samples: .uint8((0..<600).map { $0 < 300 ? 1 : 2 })))
    let request = try KeptField.request(
      "features=classical&format=raw", among: OutputKind.ofClassifiers, of: source.record.request)
    let early = try await stub.services.queries.answer(
      source.record, request, QueryPayload(labels))
    #expect(early.views == nil && stub.gate.arrivals <= 2)
    gate.open()
    await settle(stub.services, source.record.name)
    let late = try await stub.services.queries.answer(source.record, request, QueryPayload(labels))
    #expect(try await early.bytes() == late.bytes() && early.name == late.name)
    #expect(early.classifier == late.classifier)
  }
}

/// Counts while it is held.
private final class Held: Sendable {
  private let count: Box<Int>

  init(_ count: Box<Int>) {
    self.count = count
    count.update { $0 += 1 }
  }

  deinit { count.update { $0 -= 1 } }
}
