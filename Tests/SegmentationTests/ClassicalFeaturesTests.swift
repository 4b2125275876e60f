import Imaging
import LinearAlgebra
import Segmentation
import Support
import Testing

@Suite("Classical features") struct ClassicalFeaturesTests {
  static let pictures = 0..<8

  private func picture(_ index: Int, of fixture: Fixture) throws -> GreyPicture {
    let shape = try fixture.shape("picture.\(index)")
    return GreyPicture(
      size: Size(width: shape[1], height: shape[0]),
      levels: try fixture.floats("picture.\(index)"))
  }

  /// The largest error of each channel, relative to its largest value or to `least`.
  private func errors(_ found: Matrix, _ expected: [Float], least: Float) -> [Float] {
    let area = found.columns
    return (0..<found.rows).map { channel in
      let wanted = expected[channel * area..<(channel + 1) * area]
      let largest = max(wanted.map(\.magnitude).max() ?? 0, least)
      return (zip(found.row(channel), wanted).map { ($0 - $1).magnitude }.max() ?? 0) / largest
    }
  }

  @Test(arguments: pictures)
  func `ClassicalFeatures: all channels equal scikit-image's`(index: Int) throws {
    let fixture = try Fixture("Classical/classical.safetensors")
    let features = ClassicalFeatures(of: try picture(index, of: fixture), .weka58)
    let expected = try fixture.floats("features.\(index)")
    for (channel, error) in errors(features.planes(), expected, least: 1e-3).enumerated() {
      // A difference of two floats keeps their rounding, however small it is.
      let bound: Float = (42..<52).contains(channel) ? 1e-4 : 1e-5
      #expect(error <= bound, "channel \(channel)")
    }
  }

  @Test func `ClassicalFeatures: all channels equal HR-Dv2's`() throws {
    guard let golden = try Fixture.shared("golden/analysis/classical58.safetensors") else { return }
    let levels = try golden.floats("image")
    let picture = GreyPicture(size: Size(width: 48, height: 40), levels: levels)
    let pixels = try golden.floats("features")
    let expected = (0..<58).flatMap { channel in (0..<1920).map { pixels[$0 * 58 + channel] } }
    // Its own values are rounded to float32 before they are differentiated.
    let found = errors(ClassicalFeatures(of: picture, .weka58).planes(), expected, least: 1e-6)
    #expect(FixtureTable.row("classical58", "features", found.max() ?? 1, within: 6e-5))
  }

  @Test(arguments: PictureKernels.all.indices, pictures)
  func `PictureKernels: each set gives scikit-image's channels`(set: Int, index: Int) throws {
    let fixture = try Fixture("Classical/classical.safetensors")
    let shape = try fixture.shape("picture.\(index)")
    let (height, width) = (shape[0], shape[1])
    let levels = Matrix(
      rows: 1, columns: height * width, try fixture.floats("picture.\(index)"))
    let kernels = PictureKernels.all[set]
    let out = MutableMatrix(rows: 58, columns: width * height)
    kernels.classical(
      of: levels, width: width, rows: 0..<height, columns: 0..<width, into: out.all,
      scratch: kernels.makeScratch(rows: height, columns: width))
    let expected = try fixture.floats("features.\(index)")
    for (channel, error) in errors(out.frozen(), expected, least: 1e-3).enumerated() {
      #expect(error <= ((42..<52).contains(channel) ? 1e-4 : 1e-5), "channel \(channel)")
    }
  }

  private func texture(_ size: Size) -> GreyPicture {
    var chance = SeededNumbers(seed: 3)
    return GreyPicture(
      size: size, levels: chance.floats(size.width * size.height, upTo: 127).map { 127 + $0 })
  }

  @Test(arguments: ClassicalSet.allCases)
  func `ClassicalFeatures: a pixel has the same bits in any rectangle`(set: ClassicalSet) throws {
    let features = ClassicalFeatures(of: texture(Size(width: 61, height: 83)), set)
    let whole = features.planes()
    var chance = SeededNumbers(seed: 5)
    for _ in 0..<40 {
      let (y, x) = (chance.below(83), chance.below(61))
      let (rows, columns) = (y..<min(83, y + 1 + chance.below(20)), x..<61 - chance.below(61 - x))
      let part = MutableMatrix(rows: features.channels, columns: rows.count * columns.count)
      features.fill(
        rows: rows, columns: columns, into: part.all,
        scratch: features.makeScratch(rows: rows.count, columns: columns.count))
      let made = part.frozen()
      for channel in 0..<features.channels {
        for (place, value) in made.row(channel).enumerated() {
          let (down, right) = (place / columns.count, place % columns.count)
          let pixel = (rows.lowerBound + down) * 61 + columns.lowerBound + right
          try #require(value == whole[channel, pixel])
        }
      }
    }
  }

  @Test(arguments: PictureKernels.all.indices, [2, 3, 5, 7, 16])
  func `PictureKernels: pixels that are taken have the bits of all`(set: Int, step: Int) {
    let kernels = PictureKernels.all[set]
    for (width, height) in [(61, 83), (1, 9), (40, 2), (16, 16), (5, 5)] {
      let picture = texture(Size(width: width, height: height))
      let levels = Matrix(rows: 1, columns: width * height, picture.values)
      func made(_ step: Int, _ rows: Range<Int>, _ columns: Range<Int>) -> Matrix {
        let taken = rows.count.taken(every: step) * columns.count.taken(every: step)
        let out = MutableMatrix(rows: PictureKernels.scaleChannels, columns: taken)
        kernels.classical(
          of: levels, width: width, rows: rows, columns: columns, into: out.all,
          scratch: kernels.makeScratch(rows: rows.count, columns: columns.count, step: step))
        return out.frozen()
      }
      for (top, left) in [(0, 0), (height / 2, width / 3)] {
        let (rows, columns) = (top..<height, left..<width)
        let (all, some) = (made(1, rows, columns), made(step, rows, columns))
        let across = columns.count.taken(every: step)
        for channel in 0..<all.rows {
          let expected = (0..<some.columns).map { place in
            all[channel, place / across * step * columns.count + place % across * step]
          }
          #expect(some.row(channel) == expected, "channel \(channel) of \(width)×\(height)")
        }
      }
    }
  }

  @Test func `ClassicalFeatures: sampled pixels have the bits of their band, with any threads`() {
    let features = ClassicalFeatures(of: texture(Size(width: 300, height: 90)), .weka58)
    let whole = features.planes()
    var chance = SeededNumbers(seed: 9)
    let points = (0..<200).map { _ in (x: chance.below(300), y: chance.below(90)) }
    for threads in 1...3 {
      let workers = ThreadPool(count: threads)
      defer { workers.close() }
      let found = features.sample(points, workers: workers)
      for (place, point) in points.enumerated() {
        #expect(found.row(place) == (0..<58).map { whole[$0, point.y * 300 + point.x] })
      }
    }
  }

  @Test func `GreyPicture: bytes are its levels`() {
    let size = Size(width: 19, height: 23)
    let bytes = (0..<size.width * size.height).map { UInt8(truncatingIfNeeded: $0 * 7) }
    let picture = GreyPicture(size: size, bytes: bytes)
    #expect(picture.size == size)
    let features = ClassicalFeatures(of: picture, .scales42).planes()
    #expect(features.row(0) == bytes.map { Float($0) })
  }

  @Test func `GreyPicture: colours become their luminance, and a crop what is shown`() throws {
    let raster = Raster(
      size: Size(width: 5, height: 4), channels: 3,
      samples: .uint8((0..<60).map { UInt8($0 * 4) }))
    let canvas = try #require(Canvas(raster.size, fit: .crop, patch: 4))
    let picture = GreyPicture(try Intensities(raster, scale: .none), shownBy: canvas)
    #expect(picture.size == Size(width: 4, height: 4))
    let features = ClassicalFeatures(of: picture, .scales42).planes()
    for pixel in 0..<16 {
      let (y, x) = (pixel / 4 + canvas.top, pixel % 4 + canvas.left)
      let red = Float((y * 5 + x) * 12)
      let expected = 0.299 * red + 0.587 * (red + 4) + 0.114 * (red + 8)
      #expect(abs(features[0, pixel] - expected) < 0.01)
    }
  }
}
