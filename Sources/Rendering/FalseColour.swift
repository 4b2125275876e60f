package import Fields
package import Imaging
package import LinearAlgebra

extension Raster {
  /// A picture whose red, green and blue are a field's first three dimensions, uint8.
  ///
  /// Each goes from 0 at its minimum to 255 at its maximum, or over a range that several fields
  /// share; a constant one is 0. With two dimensions there is no blue; one gives a grey picture.
  package init(
    falseColours field: FeatureField, over range: ValueRange? = nil, workers: ThreadPool? = nil
  ) {
    let (dim, channels) = (field.dim, field.dim == 1 ? 1 : 3)
    let valueRange = range ?? ValueRange(of: field, workers: workers)
    let picture = PictureBytes(count: field.shown.width * field.shown.height * channels)
    _ = field.strips(workers) { [width = field.shown.width] rows, strip in
      let values = strip.values
      var pixels = [UInt8](repeating: 0, count: strip.rows * channels)
      for k in 0..<min(dim, 3) {
        for pixel in 0..<strip.rows {
          pixels[pixel * channels + k] = UInt8(
            valueRange.fraction(values[pixel * dim + k], k) * 255 + 0.5)
        }
      }
      picture.put(pixels, at: rows.lowerBound * width * channels)
    }
    self.init(size: field.shown, channels: channels, samples: .uint8(picture.take()))
  }

  /// A picture of one of a field's dimensions under a colour map from its minimum to its maximum,
  /// uint8.
  package init(
    of field: FeatureField, dimension: Int = 0, through colours: ColourMap = .viridis,
    workers: ThreadPool? = nil
  ) {
    precondition(dimension >= 0 && dimension < field.dim, "dimension \(dimension) of \(field.dim)")
    let dim = field.dim
    let values = field.strips(workers) { _, strip in
      let all = strip.values
      return stride(from: dimension, to: all.count, by: dim).map { all[$0] }
    }
    self.init(map: values.flatMap { $0 }, size: field.shown, through: colours, workers: workers)
  }

  /// A picture of one number per pixel under a colour map from minimum to maximum, uint8; `[height
  /// · width]`.
  package init(
    map values: [Float], size: Size, through colours: ColourMap = .viridis,
    workers: ThreadPool? = nil
  ) {
    precondition(values.count == size.width * size.height, "\(values.count) values, \(size)")
    let valueRange = ValueRange(of: values, dim: 1)
    let strip = 1 << 16
    let picture = PictureBytes(count: 3 * values.count)
    workers.forEach((values.count + strip - 1) / strip) { index, _ in
      var pixels: [UInt8] = []
      pixels.reserveCapacity(3 * strip)
      for value in values[index * strip..<min((index + 1) * strip, values.count)] {
        let colour = colours[valueRange.fraction(value, 0)]
        pixels.append(UInt8(colour >> 16 & 255))
        pixels.append(UInt8(colour >> 8 & 255))
        pixels.append(UInt8(colour & 255))
      }
      picture.put(pixels, at: 3 * index * strip)
    }
    self.init(size: size, channels: 3, samples: .uint8(picture.take()))
  }
}
