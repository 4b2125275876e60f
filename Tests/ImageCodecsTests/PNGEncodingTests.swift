import ImageCodecs
import Imaging
import Testing

@Suite("PNG encoding") struct PNGEncodingTests {
  @Test(arguments: [1, 3], [false, true])
  func `PNG encoding: a picture decodes to itself, and has the same bytes each time`(
    channels: Int, isDeep: Bool
  ) throws {
    var random = SplitMix64(state: 3)
    for (width, height) in [(1, 1), (1, 40), (313, 1), (17, 13), (640, 300)] {
      let count = width * height * channels
      let samples: Raster.Samples =
        isDeep
        ? .uint16((0..<count).map { _ in .random(in: .min ... .max, using: &random) })
        : .uint8((0..<count).map { _ in .random(in: .min ... .max, using: &random) })
      let raster = Raster(
        size: Size(width: width, height: height), channels: channels, samples: samples)
      let bytes = try encodePNG(raster)
      #expect(try decode(bytes, limits: DecodingLimits()) == raster)
      #expect(try encodePNG(raster) == bytes)
    }
  }

  @Test func `PNG encoding: a flat picture compresses well`() throws {
    let flat = Raster(
      size: Size(width: 512, height: 512), channels: 3,
      samples: .uint8([UInt8](repeating: 77, count: 3 << 18)))
    #expect(try encodePNG(flat).count < 8192)
  }

  @Test func `PNG encoding: floats and empty pictures are refused`() {
    let size = Size(width: 1, height: 1)
    #expect(throws: CodecError.unsupported(.png, what: "floating-point samples")) {
      try encodePNG(Raster(size: size, channels: 1, samples: .float32([0.5])))
    }
    #expect(throws: CodecError.unsupported(.png, what: "a picture of 0×4")) {
      try encodePNG(
        Raster(size: Size(width: 0, height: 4), channels: 1, samples: .uint8([])))
    }
  }
}
