import ImageCodecs
import Imaging
import Testing

@Suite("Decoding") struct DecodingTests {
  let limits = DecodingLimits()

  @Test func `Fixtures: they are present`() {
    #expect(Fixture.decodable.count >= 47 + 90)
    #expect(Set(Fixture.all.map(\.file)).count >= 45 + 88)
  }

  @Test(arguments: Fixture.decodable)
  func `Decoding: every kind of picture equals that of Pillow and tifffile`(fixture: Fixture) throws
  {
    let raster = try decode(fixture.bytes(), page: fixture.page ?? 0, limits: limits)
    #expect(raster.size.width == fixture.width)
    #expect(raster.size.height == fixture.height)
    #expect(raster.channels == fixture.channels)
    #expect(raster.depth == fixture.depth)
    let expected = try fixture.values()
    try #require(raster.values.count == expected.count)
    let largest = zip(raster.values, expected).map { abs($0 - $1) }.max() ?? .infinity
    #expect(largest <= Double(fixture.tolerance ?? 0))
  }

  @Test(arguments: Fixture.decodable)
  func `Decoding: a header predicts the result`(fixture: Fixture) throws {
    let bytes = try fixture.bytes()
    let page = fixture.page ?? 0
    let header = try probe(bytes, page: page, limits: limits)
    let raster = try decode(bytes, page: page, limits: limits)
    #expect(header.size == raster.size)
    #expect(header.channels == raster.channels)
    #expect(header.depth == raster.depth)
    #expect(header.pages == fixture.pages)
    #expect(header.decodedBytes() == raster.values.count * raster.depth.bytes)
    #expect(Self.suffixes[header.format]?.contains { fixture.file.hasSuffix($0) } == true)
  }

  static let suffixes: [ImageFormat: [String]] = [
    .png: [".png"], .jpeg: [".jpg"], .tiff: [".tif"], .bmp: [".bmp"], .gif: [".gif"],
    .webP: [".webp"], .jpeg2000: [".jp2", ".j2k"], .mrc: [".mrc"], .npy: [".npy"],
    .pnm: [".pbm", ".pgm", ".ppm", ".pam"], .pfm: [".pfm"],
  ]

  @Test func `Decoding: every format has fixtures`() {
    for format in ImageFormat.allCases {
      let count = Fixture.decodable.count { fixture in
        Self.suffixes[format]?.contains { fixture.file.hasSuffix($0) } == true
      }
      #expect(count >= 2, "\(format)")
    }
  }

  @Test(arguments: Fixture.decodable)
  func `Decoding: a header says what the generator wrote`(fixture: Fixture) throws {
    let file = try ImageFile(fixture.bytes(), limits: limits)
    let decoded = try file.decode(fixture.page ?? 0)
    let header = decoded.header
    #expect(header.page == fixture.page ?? 0)
    if let bits = fixture.bits { #expect(header.stored.bits == bits) }
    if let number = fixture.number { #expect(header.stored.number == number) }
    if let kind = fixture.kind { #expect(header.kind == kind) }
    if let notices = fixture.notices { #expect(decoded.notices == notices) }
    if let orientation = fixture.orientation { #expect(header.orientation.rawValue == orientation) }
    if let expected = fixture.pixelSize {
      let size = try #require(header.pixelSize)
      #expect(abs(size.width / expected[0] - 1) < 1e-6)
      #expect(abs(size.height / expected[1] - 1) < 1e-6)
    }
  }

  @Test(arguments: Fixture.decodable)
  func `Decoding: chosen channels are those of the whole picture, in the order asked`(
    fixture: Fixture
  ) throws {
    let file = try ImageFile(fixture.bytes(), limits: limits)
    let page = fixture.page ?? 0
    let whole = try file.decode(page).raster
    let chosen = Array((0..<whole.channels).reversed().prefix(2))
    let part = try file.decode(page, channels: chosen).raster
    #expect(part.samples == whole.samples.choosing(chosen, of: whole.channels))
  }

  @Test(arguments: Fixture.decodable)
  func `Decoding: a page after the last is refused by number`(fixture: Fixture) throws {
    let pages = try #require(fixture.pages)
    let bytes = try fixture.bytes()
    for page in [pages, pages + 1, -1, .max] {
      #expect(throws: CodecError.noSuchPage(page, pages: pages)) {
        try decode(bytes, page: page, limits: limits)
      }
    }
  }

  @Test func `Decoding: limits are checked from the header, each by its own name`() throws {
    let bytes = try Fixture.bytes(of: "pages.tif")
    func error(_ change: (inout DecodingLimits) -> Void) -> CodecError? {
      var limits = DecodingLimits()
      change(&limits)
      return #expect(throws: CodecError.self) { try decode(bytes, limits: limits) }
    }
    #expect(
      error { $0.encodedBytes = bytes.count - 1 }
        == .tooManyBytes(bytes.count, limit: bytes.count - 1))
    #expect(error { $0.side = 16 } == .sideTooLong(17, limit: 16))
    #expect(error { $0.pixels = 17 * 13 - 1 } == .tooManyPixels(17 * 13, limit: 17 * 13 - 1))
    let exact = DecodingLimits(encodedBytes: bytes.count, pixels: 17 * 13, side: 17, pages: 3)
    #expect(try decode(bytes, limits: exact).size == Size(width: 17, height: 13))
  }
}
