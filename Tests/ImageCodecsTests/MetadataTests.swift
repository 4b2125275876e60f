import ImageCodecs
import Imaging
import Support
import Testing

@Suite("Orientation and density") struct MetadataTests {
  private func header(_ bytes: [UInt8]) throws -> ImageHeader {
    try probe(bytes, limits: DecodingLimits())
  }

  /// A block of Exif data: a comment's tag, and an orientation.
  private func exif(_ orientation: UInt8, isBigEndian: Bool) -> [UInt8] {
    let words: [[UInt8]] = [
      isBigEndian ? Array("MM".utf8) : Array("II".utf8), [0, 42], [0, 0, 0, 8], [0, 2],
      [0x01, 0x0F], [0, 2], [0, 0, 0, 2], [0x78, 0, 0, 0],
      [0x01, 0x12], [0, 3], [0, 0, 0, 1], [0, orientation], [0, 0], [0, 0, 0, 0],
    ]
    return words.flatMap { isBigEndian || $0[0] > 0x20 ? $0 : $0.reversed() }
  }

  private func jpeg(_ segment: [UInt8]) throws -> [UInt8] {
    let file = try Fixture.bytes(of: "grey.jpg")
    return file.prefix(2) + segment + file.dropFirst(2)
  }

  private func png(_ kind: String, _ content: [UInt8]) throws -> [UInt8] {
    let file = try Fixture.bytes(of: "grey8.png")
    let named = Array(kind.utf8) + content
    let chunk = bigEndian(UInt32(content.count)) + named + bigEndian(crc32(named))
    return file.prefix(33) + chunk + file.dropFirst(33)
  }

  @Test(arguments: 1...8 as ClosedRange<UInt8>, [false, true])
  func `Orientation: of Exif data in a JPEG and a PNG`(value: UInt8, isBigEndian: Bool) throws {
    let block = exif(value, isBigEndian: isBigEndian)
    let content = Array("Exif\0\0".utf8) + block
    let segment = [0xFF, 0xE1, 0, UInt8(content.count + 2)] + content
    #expect(try header(jpeg(segment)).orientation.rawValue == Int(value))
    #expect(try header(png("eXIf", block)).orientation.rawValue == Int(value))
  }

  @Test func `Orientation: wrong Exif data leave a picture upright`() throws {
    let block = exif(6, isBigEndian: true)
    for length in 0..<block.count - 6 {
      #expect(try header(png("eXIf", Array(block.prefix(length)))).orientation == .upright)
    }
    #expect(try header(png("eXIf", exif(9, isBigEndian: true))).orientation == .upright)
  }

  @Test func `Density: a PNG's pixels by the metre, unless they are a printing preset`() throws {
    func size(_ columns: UInt32, _ rows: UInt32, unit: UInt8) throws -> PixelSize? {
      try header(png("pHYs", bigEndian(columns) + bigEndian(rows) + [unit])).pixelSize
    }
    #expect(try size(1_000_000, 500_000, unit: 1) == PixelSize(width: 1e-6, height: 2e-6))
    for preset: UInt32 in [2834, 2835, 3780, 5905, 5906, 11811] {
      #expect(try size(preset, preset, unit: 1) == nil)
    }
    #expect(try size(1_000_000, 1_000_000, unit: 0) == nil)
    #expect(try size(0, 0, unit: 1) == nil)
  }

  @Test func `Density: a JPEG's dots by the inch and the centimetre`() throws {
    func size(unit: UInt8, _ high: UInt8, _ low: UInt8) throws -> PixelSize? {
      let content = Array("JFIF\0".utf8) + [1, 1, unit, high, low, high, low, 0, 0]
      let file = try Fixture.bytes(of: "grey.jpg")
      let isJFIF = file[2..<4].elementsEqual([0xFF, 0xE0])
      try #require(isJFIF)
      let rest = file.dropFirst(4 + Int(file[5]))
      let segment: [UInt8] = [0xFF, 0xE0, 0, UInt8(content.count + 2)] + content
      return try header(file.prefix(2) + segment + rest).pixelSize
    }
    let inch = try #require(try size(unit: 1, 0x27, 0x10))
    #expect(abs(inch.width - 2.54e-6) < 1e-12)
    #expect(try size(unit: 2, 0x27, 0x10) == PixelSize(width: 1e-6, height: 1e-6))
    #expect(try size(unit: 1, 0, 72) == nil)
    #expect(try size(unit: 0, 0, 1) == nil)
  }

  @Test func `Transparency: a PNG's transparent colour is passed over with a notice`() throws {
    let file = try ImageFile(
      Fixture.bytes(of: "palette4_transparent.png"), limits: DecodingLimits())
    #expect(try file.header(of: 0).notices == ["Alpha was dropped."])
  }
}
