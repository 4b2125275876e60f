import Foundation
import ImageCodecs
import Imaging
import Testing

/// Small files of odd kinds, kept beside the project and not in it.
private enum OddFiles {
  static let folder = Fixture.package.deletingLastPathComponent().appending(path: "shared/inputs")

  static var arePresent: Bool {
    let isThere = FileManager.default.fileExists(atPath: folder.path)
    if !isThere { print("skipped: there are no odd files at \(folder.path)") }
    return isThere
  }

  static func file(_ name: String) throws -> ImageFile {
    try ImageFile(
      [UInt8](Data(contentsOf: folder.appending(path: name))), limits: DecodingLimits())
  }
}

@Suite("Odd TIFFs", .enabled(if: OddFiles.arePresent, "the folder of odd files is absent"))
struct OddFilesTests {
  /// A file, the page and channel to take, and the same pixels in a plain file.
  struct Row: Sendable, CustomTestStringConvertible {
    let file: String
    let reference: String
    var page = 0
    var channels: [Int]?
    /// The most that samples of both, scaled to 0…1 by their extremes, may differ.
    var tolerance = 0.0

    var testDescription: String { file }
  }

  static let rows = [
    Row(file: "A02_imagej_truncated.tif", reference: "ref_h16.tif", page: 1),
    Row(file: "B11_2ch_first_empty.tif", reference: "ref_h16.tif", channels: [1]),
    Row(file: "C02_rgba_assoc.tif", reference: "ref_rgb.png", tolerance: 0.02),
    Row(file: "D01_int16_neg.tif", reference: "ref_g16.tif", tolerance: 0.005),
    Row(file: "D03_int32.tif", reference: "ref_g16.tif", tolerance: 0.005),
    Row(file: "D06_float64.tif", reference: "ref_g8.png", tolerance: 0.005),
    Row(file: "D11_float_neg.tif", reference: "ref_g8.png", tolerance: 0.005),
    Row(file: "D12_float_allneg.tif", reference: "ref_g8.png", tolerance: 0.005),
    Row(file: "E01_12bit_packed.tif", reference: "ref_g16.tif", tolerance: 0.005),
    Row(file: "E07_miniswhite_float.tif", reference: "ref_g8.png", tolerance: 0.005),
    Row(file: "E09_palette8.tif", reference: "ref_lut.png"),
    Row(file: "F17_ccitt_g4.tif", reference: "ref_bool.png"),
    Row(file: "F25_jpeg_ycc_tagged_rgb.tif", reference: "ref_rgb.png", tolerance: 0.25),
    Row(file: "G09_thumb_first.tif", reference: "ref_g8.png"),
    Row(file: "J09_bad_next.tif", reference: "ref_g8.png"),
  ]

  @Test(arguments: rows)
  func `Odd TIFFs: the pixels are those of the plain file`(row: Row) throws {
    let found = try OddFiles.file(row.file).decode(row.page, channels: row.channels).raster
    let right = try OddFiles.file(row.reference).decode(0).raster
    #expect(found.size == right.size && found.channels == right.channels)
    let difference = TIFFFixture.difference(scaled(found), scaled(right))
    #expect(difference <= row.tolerance)
  }

  /// Samples from 0 to 1.
  private func scaled(_ raster: Raster) -> [Double] {
    let values = raster.values
    guard let low = values.min(), let high = values.max(), high > low else { return values }
    return values.map { ($0 - low) / (high - low) }
  }

  @Test(arguments: [
    ("B01_2ch_contig.tif", 2), ("B04_5ch_planar.tif", 5), ("B05_3ch_minisblack.tif", 3),
    ("B11_2ch_first_empty.tif", 2),
  ])
  func `Odd TIFFs: channels that are no colours are named as such`(
    file: String, count: Int
  ) throws {
    let header = try OddFiles.file(file).header(of: 0)
    #expect(header.kind == .channels && header.channels == count)
  }

  @Test func `Odd TIFFs: inks, holes, a hot pixel, a pixel's size are as they are`()
    throws
  {
    #expect(try OddFiles.file("I01_cmyk.tif").header(of: 0).kind == .colour)
    #expect(
      try OddFiles.file("H01_fei_bar.tif").header(of: 0).pixelSize
        == PixelSize(width: 1.2e-9, height: 1.2e-9))
    let holes = try OddFiles.file("D09_float_nan.tif").decode(0).raster.values
    #expect(holes.contains { $0.isNaN } && holes.contains { $0.isFinite })
    let hot = try OddFiles.file("D14_hot_pixel16.tif").decode(0).raster.values
    #expect(hot.filter { $0 == 65535 }.count == 1)
    let missing = try OddFiles.file("N11_nodata9999.tif").decode(0).raster.values
    let share = Double(missing.filter { $0 == -9999 }.count) / Double(missing.count)
    #expect(abs(share - 0.1) < 0.06)
  }
}
