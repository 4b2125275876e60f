package import Fields
package import Imaging
package import LinearAlgebra

extension Raster {
  /// A picture whose red, green and blue are a field's first three dimensions, uint8.
  ///
  /// Each goes from 0 at its least value to 255 at its greatest, a constant one is 0. Of two
  /// dimensions there is no blue; of one a grey picture is made.
  package init(falseColours field: FeatureField, workers: Workers? = nil) {
    let channels = field.dim == 1 ? 1 : 3
    let used = min(field.dim, 3)
    let extent = Extent(of: field, workers: workers)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(field.shown.width * field.shown.height * channels)
    field.forEachStrip(workers) { values in
      for pixel in stride(from: 0, to: values.count, by: field.dim) {
        for k in 0..<used {
          pixels.append(UInt8((extent.fraction(values[pixel + k], k) * 255).rounded()))
        }
        for _ in used..<channels { pixels.append(0) }
      }
    }
    self.init(size: field.shown, channels: channels, samples: .uint8(pixels))
  }

  /// A picture of one of a field's dimensions, its least to its greatest value through a map of
  /// colours, uint8.
  package init(
    of field: FeatureField, dimension: Int = 0, through colours: ColourMap = .viridis,
    workers: Workers? = nil
  ) {
    precondition(dimension >= 0 && dimension < field.dim, "dimension \(dimension) of \(field.dim)")
    let extent = Extent(of: field, workers: workers)
    var pixels: [UInt8] = []
    pixels.reserveCapacity(field.shown.width * field.shown.height * 3)
    field.forEachStrip(workers) { values in
      for place in stride(from: dimension, to: values.count, by: field.dim) {
        let colour = colours[extent.fraction(values[place], dimension)]
        pixels.append(UInt8(colour >> 16 & 255))
        pixels.append(UInt8(colour >> 8 & 255))
        pixels.append(UInt8(colour & 255))
      }
    }
    self.init(size: field.shown, channels: 3, samples: .uint8(pixels))
  }
}
