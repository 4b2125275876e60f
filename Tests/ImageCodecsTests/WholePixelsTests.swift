import Foundation
import ImageCodecs
import Imaging
import Support
import Testing

/// Files whose pixels are all there, though something else is wrong, are read and say so.
@Suite("Whole pixels") struct WholePixelsTests {
  let limits = DecodingLimits()

  private func page(_ bytes: [UInt8]) throws -> DecodedPage {
    try ImageFile(bytes, limits: limits).decode(0)
  }

  private func isRefused(_ bytes: [UInt8]) -> Bool {
    do throws(CodecError) {
      _ = try decode(bytes, limits: limits)
      return false
    } catch {
      return true
    }
  }

  /// The offsets of a PNG's chunks of a kind.
  private func chunks(_ kind: String, in bytes: [UInt8]) -> [Int] {
    var found: [Int] = []
    var place = 8
    while place + 12 <= bytes.count {
      if bytes[place + 4..<place + 8].elementsEqual(kind.utf8) { found.append(place) }
      place += 12 + bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
    }
    return found
  }

  private func chunk(_ kind: String, _ content: [UInt8]) -> [UInt8] {
    let named = Array(kind.utf8) + content
    return bigEndian(UInt32(content.count)) + named + bigEndian(crc32(named))
  }

  @Test(arguments: ["gAMA", "iCCP", "tEXt", "bKGD"])
  func `Whole pixels: a wrong checksum of a chunk without pixels`(kind: String) throws {
    let whole = try Fixture.bytes(of: "rgb8.png")
    var bytes = whole
    bytes[try #require(chunks(kind, in: whole).first) + 8] ^= 0x40
    let page = try page(bytes)
    #expect(page.raster == (try decode(whole, limits: limits)))
    #expect(page.notices == ["The checksum of a part without pixels is wrong."])
  }

  @Test(arguments: ["IHDR", "IDAT", "PLTE"])
  func `Whole pixels: a wrong checksum of pixels, size or palette is refused`(kind: String) throws {
    var bytes = try Fixture.bytes(of: "palette8.png")
    let place = try #require(chunks(kind, in: bytes).first)
    bytes[place + 8 + Int(bytes[place + 3])] ^= 1
    #expect(isRefused(bytes))
  }

  @Test(arguments: ["grey8.png", "rgb8_interlaced.png", "palette4.png", "rgb_alpha16.png"])
  func `Whole pixels: the end of a PNG is missing, or is no end`(file: String) throws {
    let whole = try Fixture.bytes(of: file)
    let raster = try decode(whole, limits: limits)
    let end = try #require(chunks("IEND", in: whole).first)
    let ends: [([UInt8], String)] = [
      ([], "The file's end is missing; all its pixels are there."),
      (Array(whole[end..<end + 7]), "Bytes of no known meaning stand behind the pixels."),
      ([1, 2, 3, 4, 5], "Bytes of no known meaning stand behind the pixels."),
      (chunk("IEND", []) + [9, 9], "Bytes behind the file's end were passed over."),
    ]
    for (end, notice) in ends.map({ (whole.prefix(end) + $0.0, $0.1) }) {
      let page = try page(Array(end))
      #expect(page.raster == raster)
      #expect(page.notices.contains(notice))
    }
    let clean = try page(whole)
    #expect(clean.notices.allSatisfy { $0 == "Alpha was dropped." })
    for cut in 1...5 { #expect(isRefused(Array(whole.prefix(end - cut)))) }
  }

  @Test func `Whole pixels: bytes behind a PNG's compressed data, and a palette in a grey one`()
    throws
  {
    let whole = try Fixture.bytes(of: "grey8.png")
    let raster = try decode(whole, limits: limits)
    let data = try #require(chunks("IDAT", in: whole).first)
    let length = Int(whole[data + 3])
    let longer = chunk("IDAT", Array(whole[data + 8..<data + 8 + length]) + [1, 2, 3])
    let rest = whole[(data + 12 + length)...]
    let junk = try page(whole.prefix(data) + longer + rest)
    #expect(junk.raster == raster)
    #expect(junk.notices == ["Bytes of no known meaning stand behind the pixels."])
    let palette = whole.prefix(data) + chunk("PLTE", [1, 2, 3]) + whole[data...]
    #expect(try page(Array(palette)).raster == raster)
  }

  @Test(arguments: ["grey.jpg", "rgb.jpg", "progressive.jpg", "cmyk.jpg", "ycck.jpg"])
  func `Whole pixels: junk before and behind the end of a JPEG, and none`(file: String) throws {
    let whole = try Fixture.bytes(of: file)
    try #require(whole.suffix(2) == [0xFF, 0xD9])
    let raster = try decode(whole, limits: limits)
    let data = whole.dropLast(2)
    let ends: [([UInt8], String)] = [
      (
        [UInt8](repeating: 0x12, count: 40) + [0xFF, 0xD9],
        "Bytes of no known meaning stand behind the pixels."
      ),
      ([], "The file's end is missing; all its pixels are there."),
      ([0xFF], "The file's end is missing; all its pixels are there."),
      ([0xFF, 0xD9, 1, 2], "Bytes behind the file's end were passed over."),
    ]
    for (end, notice) in ends {
      let page = try page(data + end)
      #expect(page.raster == raster, "\(end)")
      #expect(page.notices.contains(notice), "\(end): \(page.notices)")
    }
    // So few may be taken for filling.
    #expect(try page(data + [0x12, 0x34, 0x56, 0x78, 0xFF, 0xD9]).raster == raster)
    #expect(try page(whole).notices.allSatisfy { $0 == "Inks (CMYK) became colours." })
  }

  /// The last bytes of a scan may be filling; what stands before them is needed.
  @Test(arguments: ["grey.jpg", "rgb.jpg", "progressive.jpg", "cmyk.jpg", "ycck.jpg"])
  func `Whole pixels: a JPEG without some of its pixels is refused`(file: String) throws {
    let whole = try Fixture.bytes(of: file)
    let raster = try decode(whole, limits: limits)
    for length in 0..<whole.count - 2 {
      for end in [[], [0xFF, 0xD9]] as [[UInt8]] {
        let bytes = whole.prefix(length) + end
        guard length < whole.count - 8 else {
          if let page = try? page(Array(bytes)) { #expect(page.raster == raster) }
          continue
        }
        if file != "progressive.jpg" || end.isEmpty {
          #expect(isRefused(Array(bytes)), "\(length)")
        }
      }
    }
  }

  @Test func `Whole pixels: a JPEG of several scans that ends between them is refused`() throws {
    let whole = jpeg(scans: 3)
    for scans in 1...2 { #expect(isRefused(Array(jpeg(scans: scans).dropLast(2)))) }
    let page = try page(Array(whole.dropLast(2)))
    #expect(page.notices == ["The file's end is missing; all its pixels are there."])
    let progressive = try Fixture.bytes(of: "progressive.jpg")
    let starts = progressive.indices.dropLast().filter {
      progressive[$0] == 0xFF && progressive[$0 + 1] == 0xDA
    }
    try #require(starts.count > 3)
    for start in starts { #expect(isRefused(Array(progressive.prefix(start)))) }
  }
}
