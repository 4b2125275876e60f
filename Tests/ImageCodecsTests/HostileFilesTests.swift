import ImageCodecs
import Imaging
import Support
import Testing

@Suite("Hostile files") struct HostileFilesTests {
  let limits = DecodingLimits(pixels: 1 << 20, side: 1 << 12, pages: 20)

  @Test(arguments: Fixture.all)
  func `Hostile files: a truncated file is refused, unless all its pixels are there`(
    fixture: Fixture
  ) throws {
    let bytes = try fixture.bytes()
    let page = fixture.page ?? 0
    let whole = try? decode(bytes, page: page, limits: limits)
    for length in bytes.indices {
      let outcome = outcome(of: Array(bytes.prefix(length)), page: page)
      guard let raster = try? outcome.get() else { continue }
      // The last number of a text may be cut.
      let isText = fixture.file.hasPrefix("text.") && length >= bytes.count - 5
      #expect(raster == whole || isText, "cut after \(length)")
      // Behind its pixels a PNG has its end, a JPEG its end and filling bits.
      let behind = [".png": 12, ".jpg": 8][fixture.file.suffix(4)] ?? bytes.count
      #expect(length >= bytes.count - behind, "cut after \(length)")
    }
  }

  /// Faults in the compressed data that a checksum would reveal are not tested: TIFF has none.
  @Test
  func `Hostile files: twenty thousand damaged files give a picture or the expected error`() throws
  {
    let files = try Set(Fixture.all.map(\.file)).sorted().map(Fixture.bytes(of:))
    var random = SplitMix64(state: 20_240_607)
    var (decoded, refused) = (0, 0)
    for _ in 0..<20_000 {
      guard let file = files.randomElement(using: &random) else { break }
      let bytes = damaged(file, &random)
      let page = Int.random(in: 0..<3, using: &random) == 0 ? 1 : 0
      switch outcome(of: bytes, page: page) {
      case .success(let raster):
        #expect(raster.size.width * raster.size.height <= limits.pixels)
        decoded += 1
      case .failure(let error):
        #expect(reason(error).count <= 160)
        #expect(!reason(error).contains("probed"), "the two readings of a header differ")
        refused += 1
      }
    }
    #expect(decoded > 1000)
    #expect(refused > 5000)
  }

  @Test(arguments: [
    "", "P", "hello, world", "GIF89", "II*", "P8 1 1 255 a", "BM\0\0\0\0\0\0\0\0\0\0\0\0\u{29}",
  ])
  func `Hostile files: bytes of no known format are refused as unrecognised`(text: String) {
    #expect(throws: CodecError.unrecognised) { try decode(Array(text.utf8), limits: limits) }
  }

  @Test func `Hostile files: a bare signature is refused as truncated`() {
    let signatures: [[UInt8]] = [
      [0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10], [0xFF, 0xD8, 0xFF],
      Array("II*\0".utf8), Array("MM\0+".utf8), Array("GIF89a".utf8),
      Array("RIFF\u{1A}\0\0\0WEBP".utf8),
      Array("BM".utf8) + [UInt8](repeating: 0, count: 12) + [40, 0, 0, 0], Array("P5\n".utf8),
      Array("P1 ".utf8), Array("P7\n".utf8), Array("Pf\n".utf8), [0x93] + Array("NUMPY".utf8),
      [UInt8](repeating: 0, count: 208) + Array("MAP ".utf8), [0xFF, 0x4F, 0xFF, 0x51],
      [0, 0, 0, 12, 0x6A, 0x50, 0x20, 0x20, 0x0D, 0x0A, 0x87, 0x0A],
    ]
    for bytes in signatures {
      guard case .truncated = failure(of: bytes) else {
        Issue.record("\(bytes) gives \(String(describing: failure(of: bytes)))")
        continue
      }
    }
  }

  @Test func `Hostile files: garbage after every signature is refused`() {
    var random = SplitMix64(state: 7)
    let signatures: [[UInt8]] = [
      [0x89, 0x50, 0x4E, 0x47, 13, 10, 26, 10], [0xFF, 0xD8, 0xFF, 0xE0],
      [0x49, 0x49, 42, 0, 8, 0, 0, 0], [0x4D, 0x4D, 0, 43, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 16],
    ]
    for signature in signatures {
      for _ in 0..<500 {
        let noise = (0..<200).map { _ in UInt8.random(in: .min ... .max, using: &random) }
        #expect(failure(of: signature + noise) != nil)
      }
    }
  }

  @Test func `Hostile files: data after the last row of a PNG is not decompressed`() throws {
    // Eight rows of eight, then a megabyte more, all of it uncompressed.
    let block = [0, 0xFF, 0xFF, 0, 0] + [UInt8](repeating: 0, count: 0xFFFF)
    let data = [0x78, 0x01] + Array(repeatElement(block, count: 16).joined())
    let header = bigEndian(8) + bigEndian(8) + [8, 0, 0, 0, 0]
    var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    for (kind, bytes) in [("IHDR", header), ("IDAT", data), ("IEND", [])] {
      file += bigEndian(UInt32(bytes.count)) + Array(kind.utf8) + bytes + [0, 0, 0, 0]
    }
    #expect(
      throws: CodecError.damaged(.png, reason: "more data than the pixels need")
    ) {
      try decode(withSumsMadeRight(file), limits: limits)
    }
  }

  @Test func `Hostile files: zlib's checksum is verified in a PNG`() throws {
    var bytes = try Fixture.bytes(of: "grey8.png")
    // The checksum is the last field of the only IDAT chunk; the chunk's own is corrected.
    let end = bytes.count - 12 - 4
    bytes[end - 1] ^= 1
    let start = try #require((0..<end).first { bytes[$0..<$0 + 4].elementsEqual("IDAT".utf8) })
    bytes.replaceSubrange(end..<end + 4, with: bigEndian(crc32(bytes[start..<end])))
    guard case .damaged(.png, _) = failure(of: bytes) else {
      Issue.record("\(String(describing: failure(of: bytes)))")
      return
    }
  }
}

extension HostileFilesTests {
  /// One to eight small faults: flipped bits, extreme bytes, a truncation, a piece doubled or
  /// removed.
  private func damaged(_ file: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
    var bytes = file
    for _ in 0..<Int.random(in: 1...8, using: &random) where !bytes.isEmpty {
      // Half of the faults are near the start, where headers are.
      let reach = Bool.random(using: &random) ? bytes.count : min(bytes.count, 200)
      let at = Int.random(in: 0..<reach, using: &random)
      switch Int.random(in: 0..<8, using: &random) {
      case 0, 1: bytes[at] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 2: bytes[at] = 0xFF
      case 3: bytes[at] = 0
      case 4: bytes[at] &+= 1
      case 5: bytes[at] = .random(in: .min ... .max, using: &random)
      case 6: bytes.insert(contentsOf: bytes[at..<min(at + 9, bytes.count)], at: at)
      default: bytes.removeSubrange(at..<min(at + 3, bytes.count))
      }
    }
    // A PNG is mostly protected by its chunks' checksums; with these corrected the faults get
    // further.
    return bytes.starts(with: [0x89, 0x50]) ? withSumsMadeRight(bytes) : bytes
  }

  private func outcome(of bytes: [UInt8], page: Int = 0) -> Result<Raster, CodecError> {
    do throws(CodecError) {
      return .success(try decode(bytes, page: page, limits: limits))
    } catch {
      return .failure(error)
    }
  }

  private func failure(of bytes: [UInt8]) -> CodecError? {
    guard case .failure(let error) = outcome(of: bytes) else { return nil }
    return error
  }

  private func reason(_ error: CodecError) -> String {
    switch error {
    case .damaged(_, let reason), .truncated(_, let reason), .unsupported(_, let reason): reason
    default: ""
    }
  }
}
