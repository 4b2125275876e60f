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
    let width = intensities.size.width
    return planes(
      of: intensities, size: canvas.encoded, first: canvas.sourceRows.map { $0 * width },
      second: canvas.sourceColumns)
  }

  /// A rectangle of a view of the canvas, in the view's rows and columns.
  ///
  /// The canvas holds no zeros of a frame.
  package func callAsFunction(
    _ intensities: Intensities, on canvas: Canvas, under view: View, rows: Range<Int>,
    columns: Range<Int>
  ) -> InputPlanes {
    precondition(intensities.size == canvas.source, "\(intensities.size) on \(canvas.source)")
    let width = intensities.size.width
    let down = view.sourceRows(canvas.encoded.height).map { canvas.sourceRows[$0] * width }
    let across = view.sourceColumns(canvas.encoded.width).map { canvas.sourceColumns[$0] }
    let (first, second) = view.isTransposed ? (across, down) : (down, across)
    return planes(
      of: intensities, size: Size(width: columns.count, height: rows.count),
      first: Array(first[rows]), second: Array(second[columns]))
  }

  /// The planes whose pixel at row y and column x is the sample at `first[y] + second[x]`.
  private func planes(
    of intensities: Intensities, size: Size, first: [Int], second: [Int]
  ) -> InputPlanes {
    let area = intensities.size.width * intensities.size.height
    var values = [Float](repeating: 0, count: 3 * size.width * size.height)
    for channel in 0..<3 {
      let plane = intensities.channels == 1 ? 0 : channel * area
      let (mean, deviation) = (mean[channel], deviation[channel])
      for (y, row) in first.enumerated() {
        var index = (channel * size.height + y) * size.width
        for column in second {
          values[index] = (intensities.values[plane + row + column] - mean) / deviation
          index += 1
        }
      }
    }
    return InputPlanes(size: size, values: values)
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
