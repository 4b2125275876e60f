import Foundation
import ImageCodecs
import Imaging
import Testing

/// Real files, kept beside the project and not in it.
private enum Micrographs {
  static let folder = Fixture.package.deletingLastPathComponent().appending(
    path: "shared/micrographs")

  static var arePresent: Bool {
    let isThere = FileManager.default.fileExists(atPath: folder.path)
    if !isThere { print("skipped: there are no micrographs at \(folder.path)") }
    return isThere
  }
}

@Suite("Micrographs", .enabled(if: Micrographs.arePresent, "the folder of micrographs is absent"))
struct MicrographTests {
  /// A page, its shape, and two sums over its samples as NumPy gives them.
  ///
  /// One is plain, the other of each sample times its index modulo 65521, modulo 2⁶⁴.
  struct Page: Sendable, CustomTestStringConvertible {
    let file: String
    let page: Int
    let pages: Int
    let size: Size
    let channels: Int
    let sum: UInt64
    let weighted: UInt64

    init(
      _ file: String, _ page: Int, of pages: Int, _ width: Int, _ height: Int,
      _ channels: Int, _ sum: UInt64, _ weighted: UInt64
    ) {
      self.file = file
      self.page = page
      self.pages = pages
      size = Size(width: width, height: height)
      self.channels = channels
      self.sum = sum
      self.weighted = weighted
    }

    var testDescription: String { "\(file), page \(page)" }
  }

  /// Computed with tifffile 2026.3.3, and Pillow 13.0.0 for the palette.
  static let pages = [
    Page("samba_2phase.tif", 0, of: 1, 750, 750, 1, 72_943_980, 2_337_973_696_485),
    Page("superalloy_16bit.tif", 0, of: 1, 512, 512, 1, 7_048_763_604, 229_071_447_293_880),
    Page("three_phase.tif", 0, of: 1, 512, 512, 1, 27_255_617, 885_703_107_943),
    Page("three_phase_ground_truth.tif", 0, of: 1, 512, 512, 1, 33_525_955, 1_096_371_705_420),
    Page("three_phase_labels.tif", 0, of: 1, 512, 512, 1, 310_845, 11_058_357_455),
    Page("tcell_tem_stack.tif", 0, of: 6, 518, 518, 3, 113_504_550, 3_653_723_494_530),
    Page("tcell_tem_stack.tif", 3, of: 6, 518, 518, 3, 166_487_061, 5_362_313_972_348),
    Page("tcell_tem_stack.tif", 5, of: 6, 518, 518, 3, 125_467_146, 4_037_376_339_719),
    Page("tcell_tem_stack_labels.tif", 0, of: 6, 518, 518, 1, 5_297_455, 166_373_754_140),
    Page("tcell_tem_stack_labels.tif", 5, of: 6, 518, 518, 1, 3_667_410, 118_639_194_210),
  ]

  @Test(arguments: pages)
  func `Micrographs: every page has the samples of tifffile and Pillow`(page: Page) throws {
    let bytes = try Self.bytes(of: page.file)
    let header = try probe(bytes, page: page.page, limits: DecodingLimits())
    #expect(header.pages == page.pages)
    let raster = try decode(bytes, page: page.page, limits: DecodingLimits())
    #expect(raster.size == page.size)
    #expect(raster.channels == page.channels)
    let (sum, weighted) = Self.sums(of: raster)
    #expect(sum == page.sum)
    #expect(weighted == page.weighted)
  }

  /// Decoders may differ by single grey levels.
  @Test(arguments: [
    ("sofc_sem.jpg", 1024, 896, 1, 105.5538), ("needle_block.jpg", 750, 629, 3, 123.7594),
  ])
  func `Micrographs: a JPEG has the mean of Pillow's`(
    file: String, width: Int, height: Int, channels: Int, mean: Double
  ) throws {
    let raster = try decode(Self.bytes(of: file), limits: DecodingLimits())
    #expect(raster.size == Size(width: width, height: height))
    #expect(raster.channels == channels)
    let count = Double(width * height * channels)
    #expect(abs(Double(Self.sums(of: raster).plain) / count - mean) < 0.01)
  }

  private static func bytes(of file: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: Micrographs.folder.appending(path: file)))
  }

  private static func sums(of raster: Raster) -> (plain: UInt64, weighted: UInt64) {
    switch raster.samples {
    case .uint8(let samples): sums(samples)
    case .uint16(let samples): sums(samples)
    case .float32, .float64: (0, 0)
    }
  }

  private static func sums(_ samples: [some UnsignedInteger]) -> (UInt64, UInt64) {
    var (plain, weighted): (UInt64, UInt64) = (0, 0)
    for (index, sample) in samples.enumerated() {
      plain &+= UInt64(sample)
      weighted &+= UInt64(sample) &* UInt64(index % 65521)
    }
    return (plain, weighted)
  }
}
