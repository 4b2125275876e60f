/// An encoder's input, `[3, height, width]`: a canvas's encoded picture, normalised.
package struct InputPlanes: Sendable, Hashable {
  package let size: Size
  package let values: [Float]

  package init(size: Size, values: [Float]) {
    precondition(values.count == 3 * size.width * size.height, "\(values.count) values, \(size)")
    self.size = size
    self.values = values
  }
}

/// The mean and standard deviation of each colour, red first, in a model's training data.
package struct Normalization: Sendable, Hashable, Codable {
  package let mean: [Float]
  package let deviation: [Float]

  package init(mean: [Float], deviation: [Float]) {
    precondition(
      mean.count == 3 && deviation.count == 3 && deviation.allSatisfy { $0 > 0 },
      "mean \(mean), deviation \(deviation)")
    self.mean = mean
    self.deviation = deviation
  }

  /// Fits a picture to its canvas and normalises it: (v − mean) / deviation, for each colour.
  ///
  /// A grey picture is used for all three colours. Source: torchvision's `Normalize`.
  package func callAsFunction(_ intensities: Intensities, on canvas: Canvas) -> InputPlanes {
    precondition(intensities.size == canvas.source, "\(intensities.size) on \(canvas.source)")
    let (rows, columns) = (canvas.sourceRows, canvas.sourceColumns)
    let (width, area) = (intensities.size.width, intensities.size.width * intensities.size.height)
    let encoded = canvas.encoded
    var values = [Float](repeating: 0, count: 3 * encoded.width * encoded.height)
    for channel in 0..<3 {
      let plane = intensities.channels == 1 ? 0 : channel * area
      let (mean, deviation) = (mean[channel], deviation[channel])
      for (y, row) in rows.enumerated() {
        let start = plane + row * width
        var index = (channel * encoded.height + y) * encoded.width
        for column in columns {
          values[index] = (intensities.values[start + column] - mean) / deviation
          index += 1
        }
      }
    }
    return InputPlanes(size: encoded, values: values)
  }

  /// The picture of some planes, rounded to 256 levels.
  package func picture(of planes: InputPlanes) -> Raster {
    let area = planes.size.width * planes.size.height
    var samples = [UInt8](repeating: 0, count: 3 * area)
    for channel in 0..<3 {
      let (mean, deviation) = (mean[channel], deviation[channel])
      for pixel in 0..<area {
        let level = planes.values[channel * area + pixel] * deviation + mean
        // NaN becomes black.
        samples[3 * pixel + channel] = level > 0 ? UInt8((255 * min(level, 1)).rounded()) : 0
      }
    }
    return Raster(size: planes.size, channels: 3, samples: .uint8(samples))
  }
}
