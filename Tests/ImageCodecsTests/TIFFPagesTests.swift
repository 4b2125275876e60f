import Foundation
import ImageCodecs
import Imaging
import Support
import Testing

@Suite("TIFF pages") struct TIFFPagesTests {
  private func file(_ bytes: [UInt8], pages: Int = 10_000) throws(CodecError) -> ImageFile {
    try ImageFile(bytes, limits: DecodingLimits(pages: pages))
  }

  @Test func `TIFF pages: beyond the limit a page is refused by it, within it read`() throws {
    let bytes = try Fixture.bytes(of: "pages.tif")
    let limited = try file(bytes, pages: 2)
    #expect(limited.pages == 2)
    #expect(limited.missingPages == .tooManyPages(limit: 2))
    let page = try limited.decode(1)
    #expect(page.raster == (try decode(bytes, page: 1, limits: DecodingLimits())))
    #expect(
      page.notices == ["The file has more than 2 pages; only the first 2 pages were found."])
    for page in [2, 3, .max] {
      #expect(throws: CodecError.tooManyPages(limit: 2)) { try limited.header(of: page) }
    }
    #expect(throws: CodecError.noSuchPage(-1, pages: 2)) { try limited.header(of: -1) }
    #expect(try file(bytes, pages: 3).missingPages == nil)
  }

  @Test func `TIFF pages: thumbnails between pages do not count`() throws {
    let bytes = try TIFFFixture.bytes(of: "mask_and_thumbnails.tif")
    #expect(try file(bytes, pages: 4).pages == 1)
    #expect(try file(bytes, pages: 2).missingPages == nil)
  }

  @Test(arguments: [
    "loop_little_endian.tif", "loop_big_endian.tif", "bad_next_little_endian.tif",
    "bad_next_big_endian.tif",
  ])
  func `TIFF pages: behind a broken chain a page is refused with the reason`(
    name: String
  ) throws {
    let broken = try file(TIFFFixture.bytes(of: name))
    let reason = try #require(broken.missingPages)
    #expect(throws: reason) { try broken.header(of: 1) }
    switch reason {
    case .damaged(.tiff, let text): #expect(text == "page 1 is an earlier one: a loop")
    case .truncated(.tiff, let text):
      #expect(text == "the directory of page 1 lies behind the file's end")
    default: Issue.record("\(reason)")
    }
  }

  @Test func `TIFF pages: a chain whose first directory is none is refused`() {
    var forged = ForgedTIFF().bytes
    forged.replaceSubrange(4..<8, with: [0, 0, 0, 0])
    #expect(throws: CodecError.damaged(.tiff, reason: "a file without a page")) {
      try file(forged)
    }
    forged.replaceSubrange(4..<8, with: [255, 255, 255, 0])
    #expect(
      throws: CodecError.truncated(
        .tiff, reason: "the directory of page 0 lies behind the file's end")
    ) {
      try file(forged)
    }
  }

  @Test func `TIFF pages: a plane beyond the file's end is refused, those before are read`()
    throws
  {
    let bytes = try TIFFFixture.bytes(of: "imagej_one_directory.tif")
    let whole = try file(bytes)
    let cut = try file(Array(bytes.dropLast(1)))
    #expect(cut.pages == 6)
    for page in 0..<5 {
      #expect(try cut.decode(page).raster == whole.decode(page).raster)
    }
    #expect(throws: CodecError.truncated(.tiff, reason: "the file ends before plane 5")) {
      try cut.header(of: 5)
    }
    let size = 17 * 13 * 2
    let one = try file(Array(bytes.dropLast(5 * size)))
    #expect(one.pages == 1)
    #expect(
      try one.header(of: 0).notices == [
        "The file says that it holds 6 planes, but only the first was found."
      ])
  }

  @Test func `TIFF pages: a page that an OME-XML names is not taken for another after a cut`()
    throws
  {
    let bytes = try TIFFFixture.bytes(of: "ome_channels_swapped.tif")
    let whole = try file(bytes)
    let right = try (0..<whole.pages).map { try whole.decode($0).raster }
    for length in stride(from: 0, to: bytes.count, by: 7) {
      guard let cut = try? file(Array(bytes.prefix(length))) else { continue }
      #expect(cut.missingPages != nil)
      for page in 0..<cut.pages {
        guard let found = try? cut.decode(page).raster else { continue }
        #expect(found == right[page], "page \(page), cut after \(length)")
      }
    }
  }

  @Test func `TIFF pages: planes beyond the limit are refused by it`() throws {
    let limited = try file(TIFFFixture.bytes(of: "metamorph.tif"), pages: 3)
    #expect(limited.pages == 3)
    #expect(limited.missingPages == .tooManyPages(limit: 3))
    #expect(throws: CodecError.tooManyPages(limit: 3)) { try limited.header(of: 3) }
  }

  /// As many planes as a description can say, each as large as can be.
  @Test func `TIFF pages: planes behind more bytes than there are integers are refused`() throws {
    for (width, count): (UInt32, String) in [
      (.max, "9223372036854775807"), (60_000, "70000"), (4, "-5"), (4, "99999999999999999999"),
    ] {
      var forged = ForgedTIFF()
      let text = Array("ImageJ=1.54f\nimages=\(count)\n".utf8) + [0]
      forged.data += text
      forged.tags[270] = (1, text.map(UInt32.init))
      forged.set(256, width)
      forged.set(277, 65535)
      let found = try file(forged.bytes)
      #expect(found.pages == 1)
    }
  }

  @Test func `TIFF pages: strips that do not follow one another have no planes behind them`()
    throws
  {
    var forged = ForgedTIFF()
    forged.data = [UInt8](0..<200)
    forged.tags[33629] = (4, [0, 0, 0, 0])
    forged.set(278, 1)
    forged.set(273, 8, 20, 30)
    forged.set(279, 4, 4, 4)
    let found = try file(forged.bytes)
    #expect(try found.decode(0).raster.values == [0, 1, 2, 3, 12, 13, 14, 15, 22, 23, 24, 25])
    guard
      case .unsupported(.tiff, _) = #expect(
        throws: CodecError.self,
        performing: {
          try found.decode(1)
        })
    else {
      Issue.record("planes were found")
      return
    }
  }

  @Test func `TIFF pages: an unending OME-XML is read once and refused nowhere`() throws {
    let texts = [
      "<OME><Pixels", "<OME><Pixels SizeZ=\"99999999999\" SizeC='-1' SizeT=''>",
      "<OME><Pixels DimensionOrder=\"XYZZZ\"></Pixels></OME>",
      "<OME><Pixels SizeZ=\"1000000\" SizeC=\"1000000\" SizeT=\"1000000\"></Pixels>",
      "<OME><Pixels SizeZ=\"2\"><TiffData IFD=\"-1\" PlaneCount=\"9\"/></Pixels>",
      "<OME><Pixels SizeZ=\"2\"><TiffData IFD=\"0\" FirstZ=\"9\"/></Pixels>",
      "<OME><!-- <Pixels>", "<OME><![CDATA[", "<OME =\"\" a= b='c' d></OME><Pixels/></Pixels>",
    ]
    let pages = try Fixture.bytes(of: "pages.tif")
    for text in texts {
      var forged = ForgedTIFF()
      let bytes = Array(text.utf8) + [0]
      forged.data += bytes
      forged.tags[270] = (1, bytes.map(UInt32.init))
      forged.next = 0
      #expect(try file(forged.bytes).pages == 1)
    }
    #expect(try file(pages).pages == 3)
  }
}
