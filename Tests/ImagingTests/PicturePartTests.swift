import Imaging
import Testing

/// A picture whose samples tell where they are: 100 · channel + 10 · row + column.
private func numbered(_ width: Int, _ height: Int, channels: Int = 1) -> Raster {
  var samples: [UInt16] = []
  for row in 0..<height {
    for column in 0..<width {
      for channel in 0..<channels { samples.append(UInt16(100 * channel + 10 * row + column)) }
    }
  }
  return Raster(
    size: Size(width: width, height: height), channels: channels, samples: .uint16(samples))
}

private func words(_ raster: Raster) -> [UInt16] {
  if case .uint16(let words) = raster.samples { words } else { [] }
}

@Suite("Orientation") struct OrientationTests {
  /// The rows of a picture of 3×2 pixels, turned; as Pillow's `ImageOps.exif_transpose` turns them.
  static let turned: [(Int, [UInt16])] = [
    (1, [0, 1, 2, 10, 11, 12]), (2, [2, 1, 0, 12, 11, 10]), (3, [12, 11, 10, 2, 1, 0]),
    (4, [10, 11, 12, 0, 1, 2]), (5, [0, 10, 1, 11, 2, 12]), (6, [10, 0, 11, 1, 12, 2]),
    (7, [12, 2, 11, 1, 10, 0]), (8, [2, 12, 1, 11, 0, 10]),
  ]

  @Test(arguments: turned)
  func `Orientation: a picture is turned as its tag says`(tag: Int, rows: [UInt16]) throws {
    let orientation = try #require(Orientation(rawValue: tag))
    let upright = numbered(3, 2).upright(from: orientation)
    #expect(words(upright) == rows)
    #expect(upright.size == orientation.size(of: Size(width: 3, height: 2)))
    #expect(upright.size.width == (tag < 5 ? 3 : 2))
  }

  @Test func `Orientation: the samples of a pixel stay together`() throws {
    let upright = numbered(3, 2, channels: 3).upright(from: .quarterTurnClockwise)
    #expect(words(upright).prefix(6) == [10, 110, 210, 0, 100, 200])
  }
}

@Suite("Channel choice") struct ChannelChoiceTests {
  @Test(arguments: [
    ("0", ChannelChoice.one(0)), ("63", .one(63)), ("mean", .mean), ("0,2,1", .colours(0, 2, 1)),
  ])
  func `Channel choice: it is parsed from its text, and written as such`(
    text: String, choice: ChannelChoice
  ) {
    #expect(ChannelChoice(text) == choice)
    #expect(choice.description == text)
  }

  @Test(arguments: ["", "-1", "1,2", "0,1,2,3", "a", "1.5", "100", "0, 1,2", "mean,0,1"])
  func `Channel choice: any other text is refused`(text: String) {
    #expect(ChannelChoice(text) == nil)
  }

  @Test func `Channel choice: it names channels that exist, in its own order`() {
    #expect(ChannelChoice.colours(4, 0, 2).indices(of: 5) == [4, 0, 2])
    #expect(ChannelChoice.colours(4, 0, 2).indices(of: 4) == nil)
    #expect(ChannelChoice.one(1).indices(of: 1) == nil)
    #expect(ChannelChoice.mean.indices(of: 3) == [0, 1, 2])
  }

  @Test func `Channel choice: samples are chosen and averaged`() {
    let picture = numbered(2, 1, channels: 4)
    #expect(picture.samples.choosing([3, 1], of: 4) == .uint16([300, 100, 301, 101]))
    #expect(picture.averaged().samples == .float32([150, 151]))
    let deep = Raster(
      size: Size(width: 1, height: 1), channels: 2, samples: .float64([1e15, 1e15 + 1]))
    #expect(deep.averaged().samples == .float64([1e15 + 0.5]))
  }
}

@Suite("Missing data") struct NoDataTests {
  private func floats(_ samples: [Float], channels: Int = 1) -> Raster {
    Raster(
      size: Size(width: samples.count / channels, height: 1), channels: channels,
      samples: .float32(samples))
  }

  @Test(arguments: [("nan", NoData.notFinite), ("-9999.0", .value(-9999)), ("0.5", .value(0.5))])
  func `Missing data: it is parsed from its text, and written as such`(
    text: String, noData: NoData
  ) {
    #expect(NoData(text) == noData)
    #expect(noData.description == text)
  }

  @Test(arguments: ["", "inf", "none", "1,2", "-"])
  func `Missing data: any other text is refused`(text: String) {
    #expect(NoData(text) == nil)
  }

  @Test func `Missing data: pixels are invalid if one of their samples is`() {
    #expect(floats([1, -9999, 3]).validity(.value(-9999)) == [true, false, true])
    #expect(floats([1, 2]).validity(.value(-9999)) == nil)
    #expect(floats([.nan, 1, .infinity]).validity(.notFinite) == [false, true, false])
    #expect(floats([1, 2, 0, 4, 5, 6], channels: 3).validity(.value(0)) == [false, true])
  }

  @Test func `Missing data: a value is rounded as float32 samples were`() {
    let lowest = -Float.greatestFiniteMagnitude
    #expect(floats([lowest, 1]).validity(.value(-3.4028234663852886e38)) == [false, true])
    #expect(floats([0.1, 1]).validity(.value(0.1)) == [false, true])
  }

  @Test func `Missing data: invalid pixels are filled, others are kept`() {
    let filled = floats([1, -9999, 3]).filled(2.5, where: [true, false, true])
    #expect(filled.samples == .float32([1, 2.5, 3]))
    let bytes = Raster(
      size: Size(width: 2, height: 1), channels: 1, samples: .uint8([9, 255]))
    #expect(bytes.filled(2.4, where: [true, false]).samples == .uint8([9, 2]))
  }
}

@Suite("Pixel rectangle") struct PixelRectangleTests {
  @Test func `Pixel rectangle: it is parsed from its text, and written as such`() throws {
    let rectangle = try #require(PixelRectangle("3,0,10,999999999"))
    #expect(rectangle.description == "3,0,10,999999999")
    #expect(!rectangle.fits(in: Size(width: 100, height: 100)))
    #expect(try #require(PixelRectangle("3,0,10,5")).fits(in: Size(width: 13, height: 5)))
    #expect(!(try #require(PixelRectangle("3,0,10,5")).fits(in: Size(width: 12, height: 5))))
  }

  @Test(arguments: ["", "1,2,3", "1,2,0,3", "1,2,3,0", "-1,2,3,4", "1,2,3,4,5", "1,2,3,9999999999"])
  func `Pixel rectangle: any other text is refused`(text: String) {
    #expect(PixelRectangle(text) == nil)
  }
}
