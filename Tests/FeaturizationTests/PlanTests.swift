import Featurization
import ImageCodecs
import Imaging
import Support
import Testing

@Suite("Plan") struct PlanTests {
  private func plan(
    _ image: [UInt8], _ query: String, limits: FeaturizationLimits = .tests,
    operationsPerPatch: Double = 1e6
  ) async throws -> Plan {
    try await StubFeaturizer(workers: 1, operationsPerPatch: operationsPerPatch, limits: limits)
      .services.fields.plan(image, parse(query).field)
  }

  /// A picture with a valid header and invalid pixels, which fails if it is decoded.
  private func undecodable(_ width: Int, _ height: Int) throws -> [UInt8] {
    var bytes = try Raster.noise(width, height, channels: 1).png()
    let end = bytes.count - 12 - 4
    for index in end - 4..<end { bytes[index] ^= 0xFF }
    return withSumsMadeRight(bytes)
  }

  @Test func `Plan: the forged picture has a header and no pixels`() throws {
    let bytes = try undecodable(30, 20)
    #expect(try probe(bytes, limits: DecodingLimits()).size == Size(width: 30, height: 20))
    #expect(throws: CodecError.self) { try decode(bytes, limits: DecodingLimits()) }
  }

  @Test(arguments: 0..<60)
  func `Plan: each limit accepts its own value and refuses one more`(seed: Int) async throws {
    var noise = Noise(seed: UInt64(seed))
    let (width, height) = (
      Int.random(in: 14...90, using: &noise), Int.random(in: 14...90, using: &noise)
    )
    let stride = Int.random(in: 1...14, using: &noise)
    let fit = ["pad", "crop"][seed % 2]
    let query = "stride=\(stride)&fit=\(fit)&flips=horizontal"
    let image = try undecodable(width, height)
    let rounded = { (side: Int) in fit == "pad" ? (side + 13) / 14 * 14 : side / 14 * 14 }
    let rows = 1 + (rounded(height) - 14) / stride
    let columns = 1 + (rounded(width) - 14) / stride
    let tokens = rows * columns

    var limits = FeaturizationLimits.tests
    limits.tokens = tokens
    limits.views = 2
    limits.maxTflop = Double(2 * tokens) / 1e6
    let plan = try await plan(image, query, limits: limits)
    #expect(plan.patches == Grid(rows: rows, columns: columns))
    #expect(plan.operations == Double(2 * tokens) * 1e6)
    #expect(plan.bytes >= 2 * tokens * (StubEncoder.dim + StubEncoder.heads) * 4)

    var fewer = limits
    fewer.tokens -= 1
    await #expect(throws: FeaturizationError.tooManyTokens(limit: tokens - 1, tokens: tokens)) {
      try await self.plan(image, query, limits: fewer)
    }
    fewer = limits
    fewer.views = 1
    await #expect(throws: FeaturizationError.tooManyViews(limit: 1, views: 2)) {
      try await self.plan(image, query, limits: fewer)
    }
    fewer = limits
    fewer.maxTflop *= 0.999
    await #expect(
      throws: FeaturizationError.tooMuchWork(
        limit: fewer.maxTflop,
        Work(tflop: plan.operations / 1e12, seconds: plan.seconds, image: plan.canvas.source))
    ) {
      try await self.plan(image, query, limits: fewer)
    }
  }

  @Test func `Plan: the image's own limits are checked from its header`() async throws {
    let image = try undecodable(30, 20)
    var limits = FeaturizationLimits.tests
    limits.decoding = DecodingLimits(pixels: 599)
    await #expect(throws: FeaturizationError.image(.tooManyPixels(600, limit: 599))) {
      try await plan(image, "", limits: limits)
    }
    limits.decoding = DecodingLimits(side: 29)
    await #expect(throws: FeaturizationError.image(.sideTooLong(30, limit: 29))) {
      try await plan(image, "", limits: limits)
    }
    limits.decoding = DecodingLimits(encodedBytes: image.count - 1)
    await #expect(
      throws: FeaturizationError.image(.tooManyBytes(image.count, limit: image.count - 1))
    ) {
      try await plan(image, "", limits: limits)
    }
    await #expect(throws: FeaturizationError.image(.noSuchPage(1, pages: 1))) {
      try await plan(image, "page=1")
    }
  }

  @Test func `Plan: quarter turns need a square canvas`() async throws {
    let query = "rotations=quarter&flips=none"
    await #expect(
      throws: FeaturizationError.rotationNeedsSquare(encoded: Size(width: 28, height: 42))
    ) { try await plan(undecodable(28, 29), query) }
    // 27×28 is padded to 28×28, and 29×30 cropped to that.
    #expect(try await plan(undecodable(27, 28), query).views.count == 4)
    #expect(try await plan(undecodable(29, 30), query + "&fit=crop").views.count == 4)
  }

  @Test func `Plan: cropping needs a whole patch along each side, padding a pixel`() async throws {
    for size in [(13, 14), (14, 13), (1, 100)] {
      await #expect(
        throws: FeaturizationError.smallerThanPatch(
          image: Size(width: size.0, height: size.1), patch: 14)
      ) { try await plan(undecodable(size.0, size.1), "fit=crop") }
      await #expect(throws: Never.self) { try await plan(undecodable(size.0, size.1), "fit=pad") }
    }
    #expect(try await plan(undecodable(14, 14), "fit=crop").patches.count == 1)
    await #expect(throws: FeaturizationError.self) {
      try await plan(undecodable(15, 15), "fit=crop&model=stub16")
    }
  }

  @Test func `Plan: a frame is the square of the model's positions`() async throws {
    for size in [
      Size(width: 1, height: 1), Size(width: 56, height: 20), Size(width: 9, height: 56),
    ] {
      let plan = try await plan(undecodable(size.width, size.height), "fit=frame&stride=14")
      #expect(plan.patches == Grid(rows: 4, columns: 4))
      #expect(plan.canvas.shown == size && plan.canvas.encoded == Size(width: 56, height: 56))
    }
    for size in [Size(width: 57, height: 10), Size(width: 10, height: 57)] {
      await #expect(throws: FeaturizationError.largerThanFrame(image: size, side: 56)) {
        try await plan(undecodable(size.width, size.height), "fit=frame")
      }
    }
    #expect(try await plan(undecodable(57, 10), "fit=frame&resize=56").canvas.shown.width == 56)
  }

  /// Four views of 3 × 3 patches, each with a vector of 6 more floats.
  @Test func `Plan: another layer takes the memory of its vectors and no more work`() async throws {
    let image = try undecodable(40, 40)
    let one = try await plan(image, "stride=14&flips=both")
    let two = try await plan(image, "stride=14&flips=both&layer=0,last")
    #expect(two.bytes - one.bytes == 4 * 9 * 6 * 4 && two.operations == one.operations)
  }

  @Test func `Plan: missing and refused weights are reported`() async throws {
    let image = try undecodable(20, 20)
    await #expect(throws: FeaturizationError.weightsMissing(model: "missing")) {
      try await plan(image, "model=missing")
    }
    await #expect(
      throws: FeaturizationError.weightsRefused(
        model: "broken", reason: "/secret/path has another digest")
    ) { try await plan(image, "model=broken") }
  }
}
