import ImageCodecs
import Imaging
import Testing

@Suite("Decoding") struct DecodingTests {
  let limits = DecodingLimits()

  @Test func `Fixtures: they are present`() {
    #expect(Fixture.decodable.count == 44)
    #expect(Set(Fixture.all.map(\.file)).count == 45)
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
    #expect(fixture.file.contains(".\(header.format.rawValue.lowercased().prefix(2))"))
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

  @Test(arguments: Fixture.all.filter { $0.refused != nil })
  func `Decoding: unsupported kinds are refused by name`(fixture: Fixture) throws {
    let bytes = try fixture.bytes()
    #expect(throws: CodecError.unsupported(.tiff, what: fixture.refused ?? "")) {
      try probe(bytes, limits: limits)
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
    #expect(error { $0.pages = 2 } == .tooManyPages(limit: 2))
    let exact = DecodingLimits(encodedBytes: bytes.count, pixels: 17 * 13, side: 17, pages: 3)
    #expect(try decode(bytes, limits: exact).size == Size(width: 17, height: 13))
  }
}
