import Foundation
import ImageCodecs
import Imaging
import Testing

/// Many files that `Tests/Fixtures/Images/tiff/make.py` makes outside the project.
private enum ManyTIFFs {
  static let folder = ProcessInfo.processInfo.environment["EYEPIECE_TIFFS"].map {
    URL(filePath: $0)
  }

  static var arePresent: Bool {
    if folder == nil { print("skipped: EYEPIECE_TIFFS names no folder of TIFFs") }
    return folder != nil
  }
}

@Suite("TIFF comparison", .enabled(if: ManyTIFFs.arePresent, "EYEPIECE_TIFFS is not set"))
struct TIFFComparisonTests {
  @Test func `TIFF comparison: all files have the samples that were stored`() throws {
    let folder = try #require(ManyTIFFs.folder)
    let fixtures = try TIFFFixture.read(from: folder)
    var largest: [Double: (difference: Double, files: Int)] = [:]
    for fixture in fixtures {
      let bytes = try [UInt8](Data(contentsOf: folder.appending(path: fixture.file)))
      let file = try ImageFile(bytes, limits: DecodingLimits())
      let page = try file.decode(fixture.page ?? 0)
      #expect(page.header.size.width == fixture.width, "\(fixture.file)")
      #expect(page.header.channels == fixture.channels, "\(fixture.file)")
      #expect(page.header.depth == fixture.depth, "\(fixture.file)")
      #expect(page.header.kind == fixture.kind, "\(fixture.file)")
      let allowed = fixture.tolerance ?? 0
      let difference = TIFFFixture.difference(page.raster.values, try fixture.values(in: folder))
      #expect(difference <= allowed, "\(fixture.file) differs by \(difference)")
      let found = largest[allowed] ?? (0, 0)
      largest[allowed] = (max(found.difference, difference), found.files + 1)
    }
    #expect(fixtures.count >= 300)
    for (allowed, found) in largest.sorted(by: { $0.key < $1.key }) {
      print("\(found.files) pages within \(allowed): the largest difference is \(found.difference)")
    }
  }
}
