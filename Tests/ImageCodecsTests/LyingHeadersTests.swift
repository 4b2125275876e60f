import ImageCodecs
import Imaging
import Support
import Testing

@Suite("False headers") struct LyingHeadersTests {
  let limits = DecodingLimits()

  private func failure(of bytes: [UInt8]) -> CodecError? {
    do throws(CodecError) {
      _ = try decode(bytes, limits: limits)
      return nil
    } catch {
      return error
    }
  }

  @Test func `False headers: the forged TIFF is valid before the forgery`() throws {
    let raster = try decode(ForgedTIFF().bytes, limits: limits)
    #expect(
      raster == Raster(size: Size(width: 4, height: 3), channels: 1, samples: .uint8(Array(0..<12)))
    )
  }

  @Test func `False headers: 65535×65535 is refused by the limit on pixels`() throws {
    var forged = ForgedTIFF()
    forged.set(256, 65535)
    forged.set(257, 65535)
    let files = [
      png(try Fixture.bytes(of: "grey8.png"), width: 65535, height: 65535),
      jpeg(try Fixture.bytes(of: "rgb.jpg"), width: 65535, height: 65535),
      jpeg(try Fixture.bytes(of: "progressive.jpg"), width: 65535, height: 65535),
      forged.bytes,
    ]
    for bytes in files {
      #expect(failure(of: bytes) == .tooManyPixels(65535 * 65535, limit: limits.pixels))
    }
  }

  @Test func `False headers: the longest possible sides do not overflow`() throws {
    let side = 0x7FFF_FFFF
    let longest = png(try Fixture.bytes(of: "rgb16.png"), width: 0x7FFF_FFFF, height: 0x7FFF_FFFF)
    #expect(failure(of: longest) == .sideTooLong(side, limit: limits.side))
    let open = DecodingLimits(side: .max)
    #expect(throws: CodecError.tooManyPixels(side * side, limit: open.pixels)) {
      try decode(longest, limits: open)
    }
    var forged = ForgedTIFF()
    forged.set(256, .max)
    #expect(failure(of: forged.bytes) == .sideTooLong(Int(UInt32.max), limit: limits.side))
    forged.set(257, .max)
    #expect(failure(of: forged.bytes) != nil)
  }

  @Test func `False headers: more pixels than the data hold are refused`() throws {
    var forged = ForgedTIFF()
    forged.set(257, 9000)
    #expect(failure(of: forged.bytes) != nil)
    forged.set(278, 9000)
    #expect(failure(of: forged.bytes) != nil)
    forged.set(279, 36000)
    guard case .truncated(.tiff, _) = failure(of: forged.bytes) else {
      Issue.record("\(String(describing: failure(of: forged.bytes)))")
      return
    }
    for file in ["grey8.png", "rgb8_interlaced.png"] {
      let bytes = png(try Fixture.bytes(of: file), width: 17, height: 14)
      #expect(failure(of: bytes) != nil, "\(file)")
    }
    #expect(failure(of: png(try Fixture.bytes(of: "grey8.png"), width: 17, height: 12)) != nil)
    #expect(failure(of: jpeg(try Fixture.bytes(of: "grey.jpg"), width: 17, height: 900)) != nil)
  }

  @Test func `False headers: sides of zero are refused`() throws {
    for tag: UInt16 in [256, 257] {
      var forged = ForgedTIFF()
      forged.set(tag, 0)
      #expect(failure(of: forged.bytes) != nil)
    }
    #expect(failure(of: png(try Fixture.bytes(of: "grey8.png"), width: 0, height: 13)) != nil)
    #expect(failure(of: jpeg(try Fixture.bytes(of: "rgb.jpg"), width: 17, height: 0)) != nil)
  }

  @Test func `False headers: tiles far larger than their picture are refused`() {
    for (width, height): (UInt32, UInt32) in [(65536, 65536), (1 << 31, 16), (16, 1 << 31)] {
      var forged = ForgedTIFF()
      for tag: UInt16 in [273, 278, 279] { forged.tags[tag] = nil }
      forged.set(322, width)
      forged.set(323, height)
      forged.set(324, 8)
      forged.set(325, 12)
      #expect(
        failure(of: forged.bytes)
          == .damaged(.tiff, reason: "tiles of \(width)×\(height) for a picture of 4×3"))
    }
  }

  @Test func `False headers: 64 samples per pixel are read, more are refused`() throws {
    for samples: UInt32 in [64, 65, 255] {
      var forged = ForgedTIFF()
      forged.data = (0..<12 * Int(samples)).map { UInt8($0 / Int(samples)) }
      forged.tags[277] = (3, [samples])
      forged.tags[258] = (3, [UInt32](repeating: 8, count: Int(samples)))
      forged.set(279, 12 * samples)
      forged.tags[273] = (4, [8])
      if samples == 64 {
        #expect(
          try decode(forged.bytes, limits: limits).samples
            == .uint8((0..<12 * 64).map { UInt8($0 / 64) }))
      } else {
        #expect(
          failure(of: forged.bytes)
            == .unsupported(.tiff, what: "\(samples) samples for each pixel"))
      }
    }
  }

  @Test func `False headers: a JPEG of many scans is refused by their number`() throws {
    let grey = Raster(
      size: Size(width: 8, height: 8), channels: 3,
      samples: .uint8([UInt8](repeating: 128, count: 192)))
    #expect(try decode(jpeg(scans: 3), limits: limits) == grey)
    #expect(try decode(jpeg(scans: 100), limits: limits) == grey)
    #expect(
      failure(of: jpeg(scans: 101)) == .damaged(.jpeg, reason: "more than 100 scans"))
  }
}
