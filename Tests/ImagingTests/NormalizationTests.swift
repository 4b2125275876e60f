import Imaging
import Testing

@Suite("Normalization") struct NormalizationTests {
  let colours = Normalization(mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225])

  @Test(arguments: [1, 3], Canvas.Fit.allCases)
  func `Normalization: each value of the planes is a source pixel's, shifted and scaled`(
    channels: Int, fit: Canvas.Fit
  ) throws {
    let size = Size(width: 19, height: 9)
    let samples = (0..<size.width * size.height * channels).map { UInt8($0 * 37 % 251) }
    let raster = Raster(size: size, channels: channels, samples: .uint8(samples))
    let canvas = try #require(Canvas(size, fit: fit, patch: fit == .frame ? 24 : 8))
    let planes = colours(try Intensities(raster, scale: .reference), on: canvas)
    #expect(planes.size == canvas.encoded)
    let (rows, columns) = (canvas.sourceRows, canvas.sourceColumns)
    for channel in 0..<3 {
      for y in 0..<canvas.encoded.height {
        for x in 0..<canvas.encoded.width {
          let index = (channel * canvas.encoded.height + y) * canvas.encoded.width + x
          guard y < rows.count, x < columns.count else {
            #expect(fit == .frame && planes.values[index] == 0)
            continue
          }
          let pixel = rows[y] * size.width + columns[x]
          let level = Float(samples[pixel * channels + (channels == 1 ? 0 : channel)]) / 255
          #expect(
            planes.values[index] == (level - colours.mean[channel]) / colours.deviation[channel])
        }
      }
    }
  }

  @Test
  func `Normalization: the picture is restored, with values beyond its levels clamped`() throws {
    let size = Size(width: 16, height: 16)
    let samples = (0..<256 * 3).map { UInt8($0 / 3) }
    let raster = Raster(size: size, channels: 3, samples: .uint8(samples))
    let canvas = try #require(Canvas(size, fit: .pad, patch: 8))
    let planes = colours(try Intensities(raster, scale: .reference), on: canvas)
    #expect(colours.picture(of: planes) == raster)
    let wild = InputPlanes(
      size: Size(width: 2, height: 2),
      values: [.nan, .infinity, -.infinity, 1e30] + [Float](repeating: 0, count: 8))
    guard case .uint8(let found) = colours.picture(of: wild).samples else { return }
    #expect((0..<4).map { found[3 * $0] } == [0, 255, 0, 255])
  }
}
