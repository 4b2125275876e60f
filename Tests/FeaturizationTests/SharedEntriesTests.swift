import Cache
import Featurization
import Files
import ImageCodecs
import Imaging
import Support
import Testing

@Suite("Shared entries") struct SharedEntriesTests {
  private let folders = [TemporaryFolder(), TemporaryFolder()]
  private let share = FakeShare()
  private let namespace = Namespace("answers")
  private let now = Box(0.0)

  private func disk(_ number: Int) async throws -> DiskStore {
    try await folders[number].store(budget: 1 << 24)
  }

  private func entries(_ disk: DiskStore) -> SharedEntries {
    SharedEntries(share, beneath: disk, arithmetic: "4.test", now: { [now] in now.value })
  }

  private let key = SHA256.digest(of: [7])

  @Test func `Shared entries: what one machine gives another has, the same bytes`() async throws {
    let (one, other) = (try await disk(0), try await disk(1))
    one.write([1, 2, 3], for: key, in: namespace)
    #expect(try await !entries(other).bring(key, in: namespace))
    try await entries(one).publish(key, in: namespace)
    #expect(try await entries(other).bring(key, in: namespace))
    #expect(other.read(key, in: namespace) == [1, 2, 3])
    // What is here is not asked for again.
    let questions = share.questions
    #expect(try await entries(other).bring(key, in: namespace))
    #expect(share.questions == questions)
  }

  @Test func `Shared entries: another arithmetic does not find them`() async throws {
    let (one, other) = (try await disk(0), try await disk(1))
    one.write([1], for: key, in: namespace)
    try await entries(one).publish(key, in: namespace)
    let foreign = SharedEntries(share, beneath: other, arithmetic: "4.other")
    #expect(try await !foreign.bring(key, in: namespace))
  }

  @Test func `Shared entries: a store that is away is not one without the entry`() async throws {
    let (one, other) = (try await disk(0), try await disk(1))
    one.write([1], for: key, in: namespace)
    try await entries(one).publish(key, in: namespace)
    let reader = entries(other)
    share.setAway(true)
    await #expect(throws: FeaturizationError.sharedStoreAway) {
      try await reader.bring(key, in: namespace)
    }
    #expect(reader.isAway && reader.secondsAway == 0)
    // Not asked again before its time.
    let questions = share.questions
    await #expect(throws: FeaturizationError.sharedStoreAway) {
      try await reader.bring(key, in: namespace)
    }
    #expect(share.questions == questions)
    share.setAway(false)
    now.update { $0 = 0.5 }
    #expect(!reader.isAway && reader.secondsAway == 0.5)
    #expect(try await reader.bring(key, in: namespace))
    #expect(reader.secondsAway == nil)
  }

  @Test func `Shared entries: what is damaged is not there, and is replaced by who makes it`()
    async throws
  {
    let (one, other) = (try await disk(0), try await disk(1))
    one.write([1], for: key, in: namespace)
    try await entries(one).publish(key, in: namespace)
    share.damage()
    let reader = entries(other)
    #expect(try await !reader.bring(key, in: namespace))
    #expect(!other.contains(key, in: namespace))
    other.write([1], for: key, in: namespace)
    try await reader.publish(key, in: namespace)
    other.remove(key, in: namespace)
    #expect(try await reader.bring(key, in: namespace))
    #expect(other.read(key, in: namespace) == [1])
  }

  @Test func `Shared images: one server's are another's, and no byte of them may differ`()
    async throws
  {
    let image = try encodePNG(Raster.noise(40, 30, channels: 1))
    let one = StubFeaturizer(disk: try await disk(0), shared: share)
    let digest = try await one.services.images.keepForGood(image, from: nil)
    let other = StubFeaturizer(disk: try await disk(1), shared: share)
    #expect(try await other.services.images.missing(of: [digest]) == [digest])
    try await one.services.images.publish([digest])
    #expect(try await other.services.images.missing(of: [digest]).isEmpty)
    share.damage()
    #expect(try await !other.services.images.isKeptForGood(digest))
    // The same change again makes it what it was.
    share.damage()
    #expect(try await other.services.images.isKeptForGood(digest))
    #expect(try await other.services.images.bytes(of: digest).bytes == image)
  }

  @Test func `Shared images: while the store is away nobody is told that an image is not there`()
    async throws
  {
    let featurizer = StubFeaturizer(disk: try await disk(0), shared: share)
    share.setAway(true)
    await #expect(throws: FeaturizationError.sharedStoreAway) {
      try await featurizer.services.images.bytes(of: key)
    }
    await #expect(throws: FeaturizationError.sharedStoreAway) {
      try await featurizer.services.fields.record(of: key)
    }
  }
}
