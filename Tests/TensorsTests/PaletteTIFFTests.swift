import ImageCodecs
import Imaging
import Support
import Tensors
import Testing

@Suite("TIFFs of classes") struct PaletteTIFFTests {
  private static let colours: [UInt8] = (0..<256).flatMap { index in
    [UInt8(index), UInt8(255 - index), UInt8(index / 2)]
  }

  /// Sizes of one strip, of several, and of rows longer than a strip.
  @Test(arguments: [(1, 1), (3, 5), (257, 311), (2, 70_001)], [1, 3])
  func `PaletteTIFF: pages are read back, as indices and as colours`(
    size: (height: Int, width: Int), count: Int
  ) throws {
    let pages = (0..<count).map { page in
      (0..<size.height * size.width).map { UInt8(truncatingIfNeeded: ($0 / 7) * (page + 3)) }
    }
    let file = PaletteTIFF(
      height: size.height, width: size.width, colours: Self.colours,
      resolution: TIFFResolution(pixelWidth: 2.5e-7, height: 2.5e-7), notes: ["Labels=1 a"]
    ).bytes(of: pages)
    var limits = DecodingLimits(side: 100_000)
    let colour = try ImageFile(file, limits: limits)
    #expect(colour.pages == count)
    limits.keepsIndices = true
    let indices = try ImageFile(file, limits: limits)
    for page in 0..<count {
      #expect(try indices.decode(page).raster.samples == .uint8(pages[page]))
      let raster = try colour.decode(page).raster
      let last = pages[page].count - 1
      let (x, y) = (last % size.width, last / size.width)
      #expect(raster.channels == 3 && raster.level(1, x: x, y: y) == 255 - pages[page][last])
    }
    let pixel = try #require(try colour.header(of: 0).pixelSize)
    #expect(abs(pixel.width - 2.5e-7) < 1e-12)
  }
}
