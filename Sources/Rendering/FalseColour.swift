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
    let (width, map) = (
      field.shown.width, MutableMatrix(rows: 1, columns: field.shown.width * field.shown.height)
    )
    _ = field.strips(workers) { rows, strip in
      let (pixels, values) = (rows.lowerBound * width..<rows.upperBound * width, strip.values)
      let own = stride(from: dimension, to: values.count, by: strip.columns).map { values[$0] }
      map[rows: 0..<1, columns: pixels].copy(Matrix(rows: 1, columns: own.count, own).all)
    }
    self.init(map: map.frozen(), size: field.shown, through: colours, workers: workers)
  }

  /// A picture of one number per pixel, `[1, height · width]`, under a colour map from minimum to
  /// maximum, uint8.
  package init(
    map: Matrix, size: Size, through colours: ColourMap = .viridis, workers: ThreadPool? = nil
  ) {
    precondition(
      map.rows == 1 && map.columns == size.width * size.height, "\(map.count) values, \(size)")
    let strips = Blocks(of: map.columns, atMost: 1 << 16).ranges
    var valueRange = ValueRange(dim: 1)
    for strip in strips {
      valueRange.join(ValueRange(of: map[rows: 0..<1, columns: strip].values, dim: 1))
    }
    let picture = PictureBytes(count: 3 * map.count)
    workers.forEach(strips.count) { [valueRange] index, _ in
      var pixels: [UInt8] = []
      pixels.reserveCapacity(3 * strips[index].count)
      for value in map[rows: 0..<1, columns: strips[index]].values {
        let colour = colours[valueRange.fraction(value, 0)]
        pixels.append(UInt8(colour >> 16 & 255))
        pixels.append(UInt8(colour >> 8 & 255))
        pixels.append(UInt8(colour & 255))
      }
      picture.put(pixels, at: 3 * strips[index].lowerBound)
    }
    self.init(size: size, channels: 3, samples: .uint8(picture.take()))
  }
}
