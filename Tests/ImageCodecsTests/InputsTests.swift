import Foundation
import ImageCodecs
import Imaging
import Testing

/// Odd files, kept beside the project and not in it.
private enum Inputs {
  static let folder = Fixture.package.deletingLastPathComponent().appending(path: "shared/inputs")

  static var arePresent: Bool {
    let isThere = FileManager.default.fileExists(atPath: folder.path)
    if !isThere { print("skipped: there are no odd files at \(folder.path)") }
    return isThere
  }

  static func bytes(_ name: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: folder.appending(path: name)))
  }
}

@Suite("Odd files", .enabled(if: Inputs.arePresent, "the folder of odd files is absent"))
struct InputsTests {
  let limits = DecodingLimits()

  @Test(arguments: [
    ("K07_crc_iccp.png", "ref_g8.png", 0), ("L09_junk_before_eoi.jpg", "ref_jg.png", 1),
    ("M_bmp.bmp", "ref_g8.png", 0),
  ])
  func `Odd files: the samples are those of a plain file`(
    file: String, plain: String, tolerance: Double
  ) throws {
    let page = try ImageFile(Inputs.bytes(file), limits: limits).decode(0)
    let expected = try decode(Inputs.bytes(plain), limits: limits)
    try #require(page.raster.size == expected.size && page.raster.channels == expected.channels)
    let largest = zip(page.raster.values, expected.values).map { abs($0 - $1) }.max() ?? 0
    #expect(largest <= tolerance)
  }

  @Test func `Odd files: what is wrong beside the pixels is told`() throws {
    let notices = try ["K07_crc_iccp.png", "L09_junk_before_eoi.jpg"].map {
      try ImageFile(Inputs.bytes($0), limits: limits).decode(0).notices
    }
    #expect(notices[0] == ["The checksum of a part without pixels is wrong."])
    #expect(notices[1].count <= 1)
    let turned = try probe(Inputs.bytes("G07_exif6.jpg"), limits: limits)
    #expect(turned.orientation == .quarterTurnClockwise)
    for name in ["M_webp.webp", "M_mrc.mrc"] {
      #expect(try decode(Inputs.bytes(name), limits: limits).size == Size(width: 140, height: 98))
    }
  }

  @Test(arguments: [
    ("M_dm3.dm3", "Gatan DM3"), ("M_h5.h5", "HDF5 (also NeXus, EMD, Imaris IMS)"),
  ])
  func `Odd files: what is not read is named`(file: String, name: String) throws {
    let format = try #require(ForeignFormat(recognising: Inputs.bytes(file)))
    #expect(format.name == name && format.advice.contains("TIFF"))
  }
}
