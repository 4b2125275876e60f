import Encoders
import Fields
import ImageCodecs
import Imaging
import LinearAlgebra
import Rendering
import Testing

@Suite("Pictures") struct PictureTests {
  /// A field with the given pixels, `[height · width, dim]`.
  private func field(_ width: Int, _ height: Int, _ dim: Int, _ values: [Float]) throws
    -> FeatureField
  {
    let size = Size(width: width, height: height)
    let canvas = try #require(Canvas(size, fit: .crop, patch: 1))
    let map = FeatureMap(
      grid: Grid(rows: height, columns: width),
      vectors: Matrix(rows: width * height, columns: dim, values))
    return FeatureField(
      canvas: canvas, patch: 1, stride: 1, upsampling: .nearest, alignment: .image,
      views: [(.identity, 1, map)])
  }

  private func pixels(_ picture: Raster) -> [UInt8] {
    if case .uint8(let pixels) = picture.samples { pixels } else { [] }
  }

  @Test func `FalseColour: each component goes from 0 to 255 over the picture`() throws {
    let picture = Raster(
      falseColours: try field(2, 2, 3, [0, 7, -3, 1, 7, -2, 2, 7, 1, 4, 7, -1]))
    #expect(picture.size == Size(width: 2, height: 2) && picture.channels == 3)
    #expect(pixels(picture) == [0, 0, 0, 64, 0, 64, 128, 0, 255, 255, 0, 128])
  }

  @Test func `FalseColour: dimensions after the third are not shown, missing ones are`() throws {
    #expect(
      pixels(Raster(falseColours: try field(2, 1, 4, [0, 1, 2, 3, 1, 0, 3, 0])))
        == [0, 255, 0, 255, 0, 255])
    #expect(
      pixels(Raster(falseColours: try field(2, 1, 2, [0, 1, 1, 0]))) == [0, 255, 0, 255, 0, 0])
    let grey = Raster(falseColours: try field(3, 1, 1, [1, 3, 2]))
    #expect(grey.channels == 1 && pixels(grey) == [0, 255, 128])
  }

  @Test func `FalseColour: pictures over one range have equal colours for equal values`() throws {
    let fields = [
      try field(2, 1, 3, [0, 1, 2, 2, 5, 2]), try field(2, 1, 3, [4, 3, 2, 2, 1, 6]),
    ]
    var range = ValueRange(dim: 3)
    for field in fields { range.join(ValueRange(of: field, workers: nil)) }
    let pictures = fields.map { pixels(Raster(falseColours: $0, over: range)) }
    #expect(pictures == [[0, 0, 0, 128, 255, 0], [255, 128, 0, 128, 0, 255]])
  }

  @Test func `FalseColour: NaN becomes 0 and is ignored in the range`() throws {
    let picture = Raster(falseColours: try field(5, 1, 1, [.nan, 1, .infinity, 3, -.infinity]))
    #expect(pixels(picture) == [0, 0, 255, 255, 0])
    #expect(pixels(Raster(falseColours: try field(2, 1, 1, [.nan, .nan]))) == [0, 0])
    #expect(
      pixels(Raster(falseColours: try field(2, 1, 1, [-3e38, 3e38]))).count == 2)
  }

  @Test(arguments: [1, 2, 3])
  func `FalseColour: pictures of many strips are the same with any number of threads`(count: Int)
    throws
  {
    let (width, height, dim) = (300, 500, 9)
    let values = (0..<width * height * dim).map { Float($0 * 7919 % 10_007) }
    let field = try field(width, height, dim, values)
    let workers = ThreadPool(count: count)
    defer { workers.close() }
    let picture = Raster(falseColours: field, workers: workers)
    #expect(picture == Raster(falseColours: field))
    let (low, high) = (
      stride(from: 1, to: values.count, by: dim).map { values[$0] }.min() ?? 0,
      stride(from: 1, to: values.count, by: dim).map { values[$0] }.max() ?? 0
    )
    let pixels = pixels(picture)
    for pixel in stride(from: 0, to: width * height, by: 997) {
      let expected = (values[pixel * dim + 1] - low) / (high - low) * 255
      #expect(abs(Float(pixels[pixel * 3 + 1]) - expected) <= 0.51)
    }
  }

  @Test func `FalseColour: a dimension is coloured by viridis from minimum to maximum`() throws {
    let picture = Raster(of: try field(3, 1, 2, [9, 5, 9, 7, 9, 6]), dimension: 1)
    #expect(pixels(picture) == [0x44, 0x01, 0x54, 0xfd, 0xe7, 0x24, 0x20, 0x90, 0x8c])
  }

  @Test func `FalseColour: a map of numbers is coloured like a field of one dimension`() throws {
    let values = (0..<70_000).map { Float($0 * 7919 % 10_007) }
    let size = Size(width: 350, height: 200)
    let workers = ThreadPool(count: 2)
    defer { workers.close() }
    let picture = Raster(
      map: Matrix(rows: 1, columns: values.count, values), size: size, workers: workers)
    #expect(picture == Raster(of: try field(350, 200, 1, values)))
    #expect(pixels(picture).prefix(3) == [0x44, 0x01, 0x54])
  }

  @Test func `ColourMap: viridis has 256 colours of increasing lightness`() {
    let colours = ColourMap.viridis.colours
    #expect(colours.count == 256)
    let lightness = colours.map {
      0.2126 * Double($0 >> 16) + 0.7152 * Double($0 >> 8 & 255) + 0.0722 * Double($0 & 255)
    }
    for (a, b) in zip(lightness, lightness.dropFirst()) { #expect(b > a - 0.8) }
  }

  @Test func `ColourMap: the end colours hold beyond 0 and 1`() {
    let map = ColourMap(colours: [1, 2, 3, 4])
    #expect(
      [-1, 0, 0.24, 0.25, 0.99, 1, 5, .infinity].map { map[$0] } == [1, 1, 1, 2, 4, 4, 4, 4])
    #expect(map[.nan] == 1)
  }

  @Test func `LabelMap: classes are grey levels, a mask is black and white`() throws {
    let size = Size(width: 3, height: 1)
    let classes = Raster(classes: [0, 1, 255], size: size)
    #expect(classes.channels == 1 && pixels(classes) == [0, 1, 255])
    let mask = Raster(mask: [true, false, true], size: size)
    #expect(pixels(mask) == [255, 0, 255])
    #expect(try decode(encodePNG(mask), limits: DecodingLimits()) == mask)
  }
}
