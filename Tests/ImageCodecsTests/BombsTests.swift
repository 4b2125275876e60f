import ImageCodecs
import Imaging
import Support
import Testing

/// A few bytes that promise a large picture are refused from their header.
@Suite("Bombs") struct BombsTests {
  let limits = DecodingLimits()

  private func little(_ value: Int, _ width: Int) -> [UInt8] {
    (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  private func changed(_ name: String, at offset: Int, to bytes: [UInt8]) throws -> [UInt8] {
    var file = try Fixture.bytes(of: name)
    file.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    return file
  }

  private func headerError(_ bytes: [UInt8]) -> CodecError? {
    do throws(CodecError) {
      _ = try probe(bytes, limits: limits)
      return nil
    } catch {
      return error
    }
  }

  /// Files with sides of 20,000 pixels and more.
  private func large() throws -> [(String, [UInt8])] {
    let (side, high) = (little(20_000, 4), little(20_000, 2))
    let size = Array("20000 20000\n".utf8)
    return [
      ("BMP", try changed("rgb24.bmp", at: 18, to: side + side)),
      ("BMP, runs", try changed("runs8.bmp", at: 18, to: side + side)),
      ("GIF", try changed("palette.gif", at: 6, to: high + high)),
      ("MRC", try changed("mode2.mrc", at: 0, to: side + side)),
      ("PGM", Array("P5 ".utf8) + size + Array("255\n".utf8)),
      ("PBM", Array("P1 ".utf8) + size), ("PFM", Array("Pf\n".utf8) + size + Array("-1\n".utf8)),
      ("PAM", Array("P7\nWIDTH 20000\nHEIGHT 20000\nDEPTH 1\nMAXVAL 1\nENDHDR\n".utf8)),
      ("JPEG 2000", try stream { $0.replaceSubrange(8..<16, with: bigEndian(20_000) * 2) }),
      ("npy", npy("20000, 20000")),
    ]
  }

  private func npy(_ shape: String, type: String = "|u1") -> [UInt8] {
    let text = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(shape)), }\n"
    return [0x93] + Array("NUMPY".utf8) + [1, 0] + little(text.utf8.count, 2) + Array(text.utf8)
  }

  private func stream(_ change: (inout [UInt8]) -> Void) throws -> [UInt8] {
    var bytes = try Fixture.bytes(of: "grey8.j2k")
    change(&bytes)
    return bytes
  }

  @Test func `Bombs: more pixels than the limit are refused by their number`() throws {
    for (name, bytes) in try large() {
      #expect(
        headerError(bytes) == .tooManyPixels(400_000_000, limit: limits.pixels), "\(name)")
    }
    var webP = try Fixture.bytes(of: "lossless.webp")
    // 14 bits each of the sides less one, behind the signature of a lossless stream.
    webP.replaceSubrange(21..<25, with: little(16_382 | 16_382 << 14, 4))
    #expect(headerError(webP) == .tooManyPixels(16_383 * 16_383, limit: limits.pixels))
  }

  @Test func `Bombs: sides over the limit are refused by their length`() throws {
    let side = little(70_000, 4)
    let files: [[UInt8]] = [
      try changed("rgb24.bmp", at: 18, to: side), try changed("mode2.mrc", at: 0, to: side),
      Array("P5 70000 1 255\n".utf8), Array("PF\n70000 1\n1\n".utf8), npy("1, 70000"),
      try stream { $0.replaceSubrange(8..<12, with: bigEndian(70_000)) },
    ]
    for bytes in files {
      #expect(headerError(bytes) == .sideTooLong(70_000, limit: limits.side))
    }
  }

  @Test func `Bombs: pictures within the limit whose bytes are not there are refused`() throws {
    let (side, high) = (little(9_990, 4), little(9_990, 2))
    let files: [(String, [UInt8])] = [
      ("BMP", try changed("rgb24.bmp", at: 18, to: side + side)),
      ("BMP, runs", try changed("runs8.bmp", at: 18, to: side + side)),
      ("GIF", try changed("palette.gif", at: 6, to: high + high)),
      ("MRC", try changed("mode2.mrc", at: 0, to: side + side)),
      ("PGM", Array("P5 9990 9990 255\n".utf8)), ("PBM", Array("P1 9990 9990\n1".utf8)),
      ("PFM", Array("Pf\n9990 9990\n-1\n".utf8)),
      ("JPEG 2000", try stream { $0.replaceSubrange(8..<16, with: bigEndian(9_990) * 2) }),
      ("npy", npy("9990, 9990")), ("npy, overflow", npy("4294967296, 4294967296, 4", type: "<f8")),
    ]
    for (name, bytes) in files {
      switch headerError(bytes) {
      case .truncated, .damaged, .sideTooLong: break
      case let other: Issue.record("\(name): \(String(describing: other))")
      }
    }
    var webP = try Fixture.bytes(of: "lossless.webp")
    webP.replaceSubrange(21..<25, with: little(9_989 | 9_989 << 14, 4))
    guard case .damaged(.webP, _) = headerError(webP) else {
      Issue.record("\(String(describing: headerError(webP)))")
      return
    }
  }

  @Test func `Bombs: components, tiles and code blocks of JPEG 2000 are counted`() throws {
    let tiles = try stream { $0.replaceSubrange(24..<32, with: bigEndian(1) * 2) }
    #expect(headerError(tiles) == .damaged(.jpeg2000, reason: "221 tiles are too many for it"))
    let components = try stream { $0.replaceSubrange(40..<42, with: [0x40, 0x00]) }
    #expect(headerError(components) == .unsupported(.jpeg2000, what: "16384 components"))
    // Precincts of one pixel, in a picture of 8000×8000.
    let whole = try stream { $0.replaceSubrange(8..<16, with: bigEndian(8_000) * 2) }
    let style = try #require(
      whole.indices.dropLast().first { whole[$0] == 0xFF && whole[$0 + 1] == 0x52 })
    let levels = Int(whole[style + 9])
    var precincts = whole
    precincts[style + 4] |= 1
    precincts[style + 3] += UInt8(levels + 1)
    precincts.insert(contentsOf: [UInt8](repeating: 0, count: levels + 1), at: style + 14)
    precincts.replaceSubrange(24..<32, with: bigEndian(8_000) * 2)
    guard case .damaged(.jpeg2000, let reason) = headerError(precincts) else {
      Issue.record("\(String(describing: headerError(precincts)))")
      return
    }
    #expect(reason.contains("code blocks are too many"))
  }

  @Test func `Bombs: sections and pages are those that the file holds`() throws {
    let file = try ImageFile(changed("stack.mrc", at: 8, to: bigEndian(.max >> 1)), limits: limits)
    #expect(file.pages == 3)
    guard case .truncated(.npy, _) = headerError(npy("1000000, 100, 100")) else {
      Issue.record("\(String(describing: headerError(npy("1000000, 100, 100"))))")
      return
    }
  }
}

private func * (bytes: [UInt8], count: Int) -> [UInt8] {
  Array(repeatElement(bytes, count: count).joined())
}
