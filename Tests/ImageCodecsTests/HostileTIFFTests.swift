import ImageCodecs
import Imaging
import Support
import Testing

@Suite("Hostile TIFFs") struct HostileTIFFTests {
  let limits = DecodingLimits(pixels: 1 << 20, side: 1 << 12, pages: 20)

  private static let files: [(name: String, pages: Int)] = {
    let pages = TIFFFixture.all.reduce(into: [String: Int]()) { $0[$1.file] = $1.pages ?? 1 }
    return pages.map { ($0.key, $0.value) }.sorted { $0.name < $1.name }
  }()

  private func outcome(of bytes: [UInt8], page: Int) -> Result<Raster, CodecError> {
    do throws(CodecError) {
      return .success(try decode(bytes, page: page, limits: limits))
    } catch {
      return .failure(error)
    }
  }

  /// A cut may take pages away, and change the size of those behind one directory in no way.
  @Test(arguments: files.map(\.name))
  func `Hostile TIFFs: a truncated file is refused, unless all its pixels are there`(
    file: String
  ) throws {
    let bytes = try TIFFFixture.bytes(of: file)
    guard let whole = try? decode(bytes, limits: limits) else { return }
    for length in stride(from: 0, to: bytes.count, by: 5) {
      let found = outcome(of: Array(bytes.prefix(length)), page: 0)
      guard let raster = try? found.get() else { continue }
      #expect(TIFFFixture.difference(raster.values, whole.values) == 0, "cut after \(length)")
    }
  }

  @Test func `Hostile TIFFs: ten thousand damaged files give a picture or an expected error`()
    throws
  {
    let files = try Self.files.map { (try TIFFFixture.bytes(of: $0.name), $0.pages) }
    var random = SplitMix64(state: 20_261_129)
    var (decoded, refused) = (0, 0)
    for _ in 0..<10_000 {
      guard let (file, pages) = files.randomElement(using: &random) else { break }
      var bytes = file
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let at = Int.random(in: 0..<bytes.count, using: &random)
        bytes[at] = [bytes[at] ^ 1, 0, 0xFF, bytes[at] &+ 1].randomElement(using: &random) ?? 0
      }
      switch outcome(of: bytes, page: Int.random(in: 0..<pages, using: &random)) {
      case .success(let raster):
        #expect(raster.size.width * raster.size.height <= limits.pixels)
        decoded += 1
      case .failure(.damaged(_, let reason)), .failure(.truncated(_, let reason)),
        .failure(.unsupported(_, let reason)):
        #expect(!reason.contains("probed"), "the two readings of a header differ")
        refused += 1
      case .failure: refused += 1
      }
    }
    #expect(decoded > 1000)
    #expect(refused > 1000)
  }

  @Test func `Hostile TIFFs: many channels of a large picture are refused before they are decoded`()
    throws
  {
    var forged = ForgedTIFF()
    forged.set(256, 9000)
    forged.set(257, 9000)
    forged.set(277, 64)
    forged.tags[258] = (3, [UInt32](repeating: 64, count: 64))
    let file = try ImageFile(forged.bytes, limits: DecodingLimits())
    #expect(try file.header(of: 0).channels == 64)
    #expect(
      throws: CodecError.tooManyPixels(81_000_000 * 64 / 3, limit: 100_000_000)
    ) {
      try file.decode(0)
    }
    // Fewer are within the limit, and not there.
    guard
      case .tooManyPixels = #expect(
        throws: CodecError.self,
        performing: {
          try file.decode(0, channels: [0, 1])
        })
    else { return }
    Issue.record("two channels were refused by the limit")
  }

  @Test func `Hostile TIFFs: blocks of YCbCr far larger than their picture are refused`() {
    for (width, height): (UInt32, UInt32) in [(65536, 65536), (16, 1 << 30)] {
      var forged = ForgedTIFF()
      for tag: UInt16 in [273, 278, 279] { forged.tags[tag] = nil }
      forged.tags[258] = (3, [8, 8, 8])
      forged.set(262, 6)
      forged.set(277, 3)
      forged.set(322, width)
      forged.set(323, height)
      forged.set(324, 8)
      forged.set(325, 12)
      #expect(
        throws: CodecError.damaged(
          .tiff, reason: "tiles of \(width)×\(height) for a picture of 4×3")
      ) {
        try decode(forged.bytes, limits: DecodingLimits())
      }
    }
  }

  @Test func `Hostile TIFFs: faulty rows of a fax are refused, not replaced`() throws {
    var forged = ForgedTIFF()
    forged.set(256, 32)
    forged.set(257, 8)
    forged.set(258, 1)
    forged.set(259, 4)
    forged.set(262, 0)
    forged.set(278, 8)
    // Eight times the code that repeats the row above, a white one; then codes that there are not.
    forged.data = [0xFF, 0xFF, 0, 0]
    forged.set(279, 4)
    #expect(
      try decode(forged.bytes, limits: limits).samples
        == .uint8([UInt8](repeating: 255, count: 256)))
    for data: [UInt8] in [[0xF0, 0, 0, 0], [0, 0, 0, 0], [0xFE, 0x40, 0x30, 0xAA]] {
      forged.data = data
      #expect(throws: CodecError.self, "\(data)") { try decode(forged.bytes, limits: limits) }
    }
  }

  @Test func `Hostile TIFFs: constants of YCbCr that divide by zero are refused`() throws {
    var forged = ForgedTIFF()
    forged.tags[258] = (3, [8, 8, 8])
    forged.data = [UInt8](repeating: 7, count: 64)
    forged.set(279, 36)
    forged.set(262, 6)
    forged.set(277, 3)
    forged.tags[530] = (3, [1, 1])
    #expect(try decode(forged.bytes, limits: limits).channels == 3)
    forged.tags[529] = (4, [0, 0, 0])
    guard
      case .damaged = #expect(
        throws: CodecError.self,
        performing: {
          try decode(forged.bytes, limits: limits)
        })
    else {
      Issue.record("the constants were taken")
      return
    }
  }
}
