import Files
import Featurization
import Foundation
import ImageCodecs
import Imaging
import Scheduling
import LinearAlgebra
import Cache
import Support
import Testing

@Suite("Field cache", .timeLimit(.minutes(3))) struct KeepingTests {
  static let image = Raster.noise(40, 31, seed: 7)
  /// One computation of this on a stub passes its gate three times, once per block.
  static let draft = "quality=draft&flips=none"

  @Test func `FieldService: many equal concurrent requests cause one computation`() async throws {
    let stub = StubFeaturizer(workers: 1, gate: Gate())
    let (image, request) = (try Self.image.png(), try parse(Self.draft))
    let answers = try await withThrowingTaskGroup(of: [UInt8].self) { group in
      for _ in 0..<200 {
        group.addTask { try await stub.services.answer(image, request).bytes() }
      }
      #expect(await stub.gate.arrived(1))
      #expect(stub.services.fields.queue.counts.waiting == 0)
      stub.gate.open()
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(stub.gate.arrivals == 3)
    #expect(answers.count == 200 && Set(answers).count == 1)
  }

  @Test func `FieldService: another upsampling or output is not encoded again`() async throws {
    let stub = StubFeaturizer()
    let image = try Self.image.png()
    for query in [
      "", "upsample=nearest", "alignment=image", "alignment=image&upsample=nearest",
      "output=attention", "output=attention&attention=key&format=png", "output=pca",
      "output=foreground", "components=4", "normalise=l2", "region=1,2,3,4", "points=1,1",
      "dtype=float16", "format=npz", "format=tiff", "output=attention&facet=key",
    ] {
      let answer = try await stub.services.answer(image, parse("\(Self.draft)&\(query)"))
      _ = try await answer.bytes()
      #expect(stub.gate.arrivals == 3, "\(query)")
      #expect(answer.timings.contains { $0.stage == "encode" } == (query == ""))
    }
    for (index, query) in [
      "stride=13", "layer=1", "layer=1,last", "facet=key", "scale=none", "resize=39", "fit=crop",
      "fit=frame", "shifts=1",
    ].enumerated() {
      let before = stub.gate.arrivals
      _ = try await stub.services.answer(image, parse("\(Self.draft)&\(query)"))
      #expect(stub.gate.arrivals > before, "\(index): \(query)")
    }
  }

  @Test func `ImageStore: an image whose file cannot be read is not one that is absent`()
    async throws
  {
    let folder = TemporaryFolder()
    let disk = try DiskStore(at: folder.path, budget: 1 << 24)
    let images = StubFeaturizer(memory: 0, disk: disk).services.images
    let bytes = try Self.image.png()
    let digest = try await images.keepForGood(bytes, from: nil)
    // A file where the folder was: opening is refused, and not because nothing is there.
    let (place, away) = ("\(folder.path)/images", "\(folder.path)/away")
    try FileManager.default.moveItem(atPath: place, toPath: away)
    try Data().write(to: URL(filePath: place))
    await #expect(throws: FeaturizationError.imageUnreadable(digest)) {
      _ = try await images.bytes(of: digest)
    }
    try FileManager.default.removeItem(atPath: place)
    try FileManager.default.moveItem(atPath: away, toPath: place)
    #expect(try await images.bytes(of: digest).bytes == bytes)
  }

  @Test func `FieldService: patches and the class token are read from the whole field's encodings`()
    async throws
  {
    for memory in [1 << 26, 0] {
      let folder = TemporaryFolder()
      let disk = try DiskStore(at: folder.path, budget: 1 << 24)
      let stub = StubFeaturizer(memory: memory, disk: disk)
      let field = try await KeptField(stub, Self.image, "stride=9&shifts=1")
      let made = stub.gate.arrivals
      let alone = StubFeaturizer()
      for query in [
        "grid=patch", "output=cls", "grid=patch&components=2", "output=attention&grid=patch",
      ] {
        let answer = try await field.ask(query)
        #expect(stub.gate.arrivals == made, "\(query)")
        let request = try parse("stride=9&shifts=1&\(query)")
        let expected = try await alone.services.answer(Self.image.png(), request)
        #expect(answer.name == expected.name && answer.field == expected.field)
        #expect(try await answer.bytes() == expected.bytes(), "\(query)")
      }
    }
  }

  static let questions = [
    "", "grid=patch", "output=cls", "output=pca", "output=foreground", "components=2",
    "output=attention", "output=attention&attention=output", "output=attention&attention=query",
    "output=attention&attention=key", "output=attention&attention=value", "upsample=nearest",
  ]

  @Test(
    arguments: [
      "", "fit=crop&shifts=1", "fit=frame&shifts=1", "rotations=quarter&flips=none&fit=crop",
    ],
    FieldRequest.StorageType.allCases)
  func `FieldCache: a field is answered alike by another process on the same folder`(
    query: String, storageType: FieldRequest.StorageType
  ) async throws {
    let folder = TemporaryFolder()
    let image = Raster.noise(40, 41, seed: 2)
    var expected: [[UInt8]] = []
    var id: Digest?
    do {
      let disk = try DiskStore(at: folder.path, budget: 1 << 24)
      let stub = StubFeaturizer(memory: 1 << 26, disk: disk)
      let field = try await KeptField(stub, image, query, storageType: storageType)
      for question in Self.questions {
        expected.append(try await field.ask(question).bytes())
      }
      id = field.record.name
      try await stub.services.images.remove(field.record.image)
    }
    let reopened = try await folder.store(budget: 1 << 24)
    let stub = StubFeaturizer(memory: 0, disk: reopened)
    let record = try await stub.services.record(of: try #require(id))
    for (question, bytes) in zip(Self.questions, expected) {
      let request = try KeptField.request(
        question, among: OutputKind.ofImages, of: record.request)
      let answer = try await stub.services.answer(record, request)
      #expect(try await answer.bytes() == bytes, "\(question)")
    }
    let description = try await stub.services.fields.describe(record)
    #expect(description.id == id)
    #expect(stub.gate.arrivals == 0 && stub.loads.value.isEmpty)
  }

  /// Changes one byte in the middle of a namespace's only file.
  private func damage(_ folder: TemporaryFolder) throws {
    let files = folder.files(with: "encodings")
    try #require(files.count == 1)
    var bytes = [UInt8](try Data(contentsOf: URL(filePath: files[0])))
    bytes[bytes.count / 2] ^= 0x10
    try Data(bytes).write(to: URL(filePath: files[0]))
  }

  @Test func `FieldCache: damaged encodings are recomputed from the image, or the field is gone`()
    async throws
  {
    let folder = TemporaryFolder()
    let disk = try DiskStore(at: folder.path, budget: 1 << 24)
    let stub = StubFeaturizer(memory: 1 << 16, disk: disk)
    // A memory budget with room for the record but not for the encodings.
    let image = Raster.noise(200, 200, seed: 1)
    let field = try await KeptField(stub, image, Self.draft)
    let bytes = try await field.ask("").bytes()
    #expect(stub.gate.arrivals == 3)
    try damage(folder)
    #expect(try await field.ask("").bytes() == bytes)
    #expect(stub.gate.arrivals == 6)
    // They were stored again.
    #expect(try await field.ask("").bytes() == bytes)
    #expect(stub.gate.arrivals == 6)
    #expect(disk.counts.damaged == 1)

    try damage(folder)
    try await stub.services.images.remove(field.record.image)
    for _ in 0..<2 {
      await #expect(throws: FeaturizationError.fieldGone(field.record.name)) {
        try await field.ask("")
      }
      await #expect(throws: FeaturizationError.fieldGone(field.record.name)) {
        try await stub.services.fields.describe(field.record)
      }
    }
    #expect(stub.gate.arrivals == 6)
    // An upload of the image makes the field available again.
    _ = try await stub.services.images.keep(image.png())
    #expect(try await field.ask("").bytes() == bytes)
  }

  @Test func `FieldCache: a payload of another version is absent, not an error`() async throws {
    let folder = TemporaryFolder()
    let disk = try DiskStore(at: folder.path, budget: 1 << 24)
    let stub = StubFeaturizer(memory: 0, disk: disk)
    let field = try await KeptField(stub, Self.image, Self.draft)
    let bytes = try await field.ask("").bytes()
    let namespace = Namespace("encodings")
    let file = try #require(folder.files(with: "\(namespace.name)/").first)
    let key = try #require(Digest(hex: URL(filePath: file).lastPathComponent))
    let payload = try #require(disk.read(key, in: namespace))
    let end = try #require(payload.firstIndex(of: UInt8(ascii: "\n")))
    let line = String(decoding: payload[..<end], as: UTF8.self)
    let numbers = Array(payload[end...])
    let others = [
      Array(line.replacing(#""numerics":4"#, with: #""numerics":1"#).utf8) + numbers,
      Array(line.replacing(#""dim":6"#, with: #""dim":7"#).utf8) + numbers,
      Array(line.replacing(#""dim":6"#, with: #""dim":9223372036854775807"#).utf8) + numbers,
      Array(line.replacing(#""heads":2"#, with: #""heads":-2"#).utf8) + numbers,
      Array(line.replacing(#""patch":14"#, with: #""patches":14"#).utf8) + numbers,
      Array("{}".utf8) + numbers, numbers, Array(payload.dropLast()), payload + [0], [],
      Array(payload[..<end]), Array("no line ".utf8), [UInt8](repeating: 32, count: 2 << 20),
    ]
    #expect(others.allSatisfy { $0 != payload })
    for (index, other) in others.enumerated() {
      #expect(disk.write(other, for: key, in: namespace) == .stored)
      let before = stub.gate.arrivals
      #expect(try await field.ask("").bytes() == bytes, "\(index)")
      #expect(stub.gate.arrivals == before + 3, "\(index)")
      disk.remove(key, in: namespace)
    }
    // A record of another version is absent too.
    let records = Namespace("fields")
    let record = try #require(disk.read(field.record.name, in: records))
    let old = String(decoding: record, as: UTF8.self).replacing(
      #""numerics":4"#, with: #""numerics":1"#)
    let name = SHA256.digest(of: Array(old.utf8))
    #expect(disk.write(Array(old.utf8), for: name, in: records) == .stored)
    await #expect(throws: FeaturizationError.noSuchField(name)) {
      try await stub.services.record(of: name)
    }
    #expect(try await stub.services.record(of: field.record.name) == field.record)
  }

  @Test func `FieldRecord: a field of other kernels is another field, and is not read`()
    async throws
  {
    let folder = TemporaryFolder()
    let disk = try DiskStore(at: folder.path, budget: 1 << 24)
    let stub = StubFeaturizer(memory: 0, disk: disk)
    let field = try await KeptField(stub, Self.image, Self.draft)
    let own = field.record
    let others = [
      KernelSets(encoder: "other", rows: own.kernels.rows, products: own.kernels.products),
      KernelSets(encoder: own.kernels.encoder, rows: "other", products: own.kernels.products),
      KernelSets(encoder: own.kernels.encoder, rows: own.kernels.rows, products: "other"),
    ].map {
      FieldRecord(image: own.image, weights: own.weights, request: own.request, kernels: $0)
    }
    #expect(own.kernels == .current)
    #expect(Set(([own] + others).map(\.name)).count == 4)
    let answers = try ([own] + others).map { try $0.name(ofAnswerTo: parse(Self.draft)) }
    #expect(Set(answers).count == 4)
    for record in others {
      let bytes = try JSONEncoder().encode(record)
      #expect(disk.write(Array(bytes), for: record.name, in: Namespace("fields")) == .stored)
      await #expect(throws: FeaturizationError.noSuchField(record.name)) {
        try await stub.services.record(of: record.name)
      }
    }
  }

  @Test func `FieldCache: memory and disk stay within their budgets`() async throws {
    let folder = TemporaryFolder()
    let (memory, budget) = (1 << 17, 300_000)
    let disk = try DiskStore(at: folder.path, budget: budget)
    let stub = StubFeaturizer(memory: memory, disk: disk)
    var most = (memory: 0, disk: 0)
    for number in 0..<500 {
      let image = try Raster.noise(15, 17, seed: UInt64(number)).png()
      let request = try parse("quality=draft&components=2")
      if number % 5 == 0 {
        _ = try await stub.services.keep(.bytes(image), request.field)
      }
      _ = try await stub.services.answer(image, request).bytes()
      most = (max(most.memory, stub.services.cachedBytes), max(most.disk, disk.totalBytes))
      #expect(stub.services.cachedBytes <= memory && disk.totalBytes <= budget)
    }
    // The budgets were used, and there was more to store than they hold.
    #expect(most.memory > memory / 2 && most.disk > budget / 2)
    #expect(disk.counts.evicted > 0)
    let forgetful = StubFeaturizer(memory: 0)
    for _ in 0..<3 {
      _ = try await forgetful.services.answer(Self.image.png(), parse(Self.draft)).bytes()
      #expect(forgetful.services.cachedBytes == 0)
    }
    #expect(forgetful.gate.arrivals == 9)
  }

  @Test
  func `FieldService: a cancelled request leaves the others their computation`() async throws {
    let stub = StubFeaturizer(workers: 1, gate: Gate())
    let (image, request) = (try Self.image.png(), try parse(Self.draft))
    let first = Task { try await stub.services.answer(image, request).bytes() }
    #expect(await stub.gate.arrived(1))
    let others = (0..<3).map { _ in
      Task { try await stub.services.answer(image, request).bytes() }
    }
    first.cancel()
    await #expect(throws: CancellationError.self) { try await first.value }
    others[0].cancel()
    await #expect(throws: CancellationError.self) { try await others[0].value }
    stub.gate.open()
    #expect(try await others[1].value == others[2].value)
    // One more where the others arrived after the first had left.
    #expect((3...4).contains(stub.gate.arrivals))
  }

  @Test
  func `FieldService: a computation ends with the last cancelled request, and can be repeated`()
    async throws
  {
    let stub = StubFeaturizer(workers: 1, gate: Gate())
    let (image, request) = (try Self.image.png(), try parse(Self.draft))
    let tasks = (0..<5).map { _ in
      Task { try await stub.services.answer(image, request).bytes() }
    }
    #expect(await stub.gate.arrived(1))
    for task in tasks { task.cancel() }
    for task in tasks {
      await #expect(throws: CancellationError.self) { try await task.value }
    }
    stub.gate.open()
    #expect(await stub.events.until { !$0.isEmpty })
    #expect(stub.events.value == [.cancelled(blocks: 1, of: 3, late: 1)])
    #expect(stub.gate.arrivals == 1)
    #expect(try await stub.services.answer(image, request).bytes().isEmpty == false)
    #expect(stub.gate.arrivals == 4)
  }
}

@Suite("Image store") struct KeptImagesTests {
  @Test func `ImageStore: an image is sent once and named afterwards`() async throws {
    for hasDisk in [true, false] {
      let folder = TemporaryFolder()
      let disk = hasDisk ? try DiskStore(at: folder.path, budget: 1 << 24) : nil
      let services = StubFeaturizer(memory: 1 << 20, disk: disk).services
      let bytes = try Raster.noise(30, 20).png()
      let digest = SHA256.digest(of: bytes)
      await #expect(throws: FeaturizationError.noSuchImage(digest)) {
        try await services.answer(.kept(digest), parse(""))
      }
      let (kept, isNew) = try await services.images.keep(bytes, as: digest)
      #expect(isNew)
      #expect(try await services.images.keep(bytes).isNew == false)
      #expect(kept.image == "sha256-\(digest)" && kept.bytes == bytes.count)
      #expect(kept.size == Size(width: 30, height: 20) && kept.format == "PNG")
      #expect(try await services.images.bytes(of: digest).bytes == bytes)
      let named = try await services.answer(.kept(digest), parse(""))
      let sent = try await services.answer(bytes, parse(""))
      #expect(named.name == sent.name)
      #expect(try await named.bytes() == sent.bytes())
      try await services.images.remove(digest)
      await #expect(throws: FeaturizationError.noSuchImage(digest)) {
        try await services.images.remove(digest)
      }
      await #expect(throws: FeaturizationError.noSuchImage(digest)) {
        try await services.images.bytes(of: digest)
      }
    }
  }

  @Test
  func `ImageStore: an unreadable image, another digest, or a lack of room is refused`()
    async throws
  {
    let services = StubFeaturizer(memory: 0, disk: nil).services
    let bytes = try Raster.noise(30, 20).png()
    let other = SHA256.digest(of: [1])
    await #expect(throws: FeaturizationError.anotherDigest(SHA256.digest(of: bytes))) {
      try await services.images.keep(bytes, as: other)
    }
    await #expect(throws: FeaturizationError.noRoom(bytes: bytes.count)) {
      try await services.images.keep(bytes)
    }
    await #expect(throws: FeaturizationError.image(.unrecognised)) {
      try await services.images.keep([1, 2, 3])
    }
  }
}
