import Foundation
import ImageCodecs
import Imaging
import Testing

@Suite("TIFF kinds") struct TIFFKindsTests {
  let limits = DecodingLimits()

  @Test func `TIFF kinds: the fixtures are present`() {
    #expect(Set(TIFFFixture.all.map(\.file)).count == 192)
  }

  @Test(arguments: TIFFFixture.all.filter { $0.refused == nil })
  func `TIFF kinds: samples, kind, numbers and notices are those of the file`(
    fixture: TIFFFixture
  ) throws {
    let file = try ImageFile(TIFFFixture.bytes(of: fixture.file), limits: limits)
    let page = try file.decode(fixture.page ?? 0)
    let header = page.header
    #expect(file.pages == fixture.pages)
    #expect(header.size.width == fixture.width && header.size.height == fixture.height)
    #expect(header.channels == fixture.channels && page.raster.channels == fixture.channels)
    #expect(header.depth == fixture.depth && page.raster.depth == fixture.depth)
    #expect(header.kind == fixture.kind)
    #expect(header.stored.number == fixture.number && header.stored.bits == fixture.bits)
    #expect(header.orientation.rawValue == fixture.orientation)
    let difference = TIFFFixture.difference(
      page.raster.values, try fixture.values(in: TIFFFixture.folder))
    #expect(difference <= fixture.tolerance ?? 0)
    let words = try #require(fixture.notices)
    #expect(page.notices.count == words.count, "\(page.notices)")
    for (notice, words) in zip(page.notices, words) {
      #expect(notice.contains(words), "\(notice)")
      #expect(notice.hasSuffix(".") && notice.utf8.allSatisfy { (0x20..<0x7F).contains($0) })
    }
    guard let size = fixture.pixelSize else {
      #expect(header.pixelSize == nil)
      return
    }
    let found = try #require(header.pixelSize)
    #expect(abs(found.width / size[0] - 1) < 1e-9 && abs(found.height / size[1] - 1) < 1e-9)
  }

  @Test(arguments: TIFFFixture.all.filter { $0.channels ?? 1 > 1 })
  func `TIFF kinds: chosen channels are those of the whole, in their order`(
    fixture: TIFFFixture
  ) throws {
    let file = try ImageFile(TIFFFixture.bytes(of: fixture.file), limits: limits)
    let count = try #require(fixture.channels)
    let whole = try file.decode(fixture.page ?? 0).raster.samples
    for channels in [[count - 1], [1, 0], [0, 0]] {
      let chosen = try file.decode(fixture.page ?? 0, channels: channels).raster
      #expect(chosen.channels == channels.count)
      // Not `==`, since numbers may be none.
      #expect(
        TIFFFixture.difference(
          chosen.values,
          Raster(
            size: chosen.size, channels: channels.count,
            samples: whole.choosing(channels, of: count)
          ).values) == 0)
    }
  }

  @Test(arguments: TIFFFixture.all.filter { $0.refused != nil })
  func `TIFF kinds: what is not read is refused by its usual name`(fixture: TIFFFixture) throws {
    let bytes = try TIFFFixture.bytes(of: fixture.file)
    #expect(throws: CodecError.unsupported(.tiff, what: fixture.refused ?? "")) {
      try probe(bytes, limits: limits)
    }
  }
}
