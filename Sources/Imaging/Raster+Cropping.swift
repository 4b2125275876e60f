extension Raster {
  /// A rectangle of the picture; the whole takes no memory of its own.
  package func cropped(_ rows: Range<Int>, _ columns: Range<Int>) -> Raster {
    precondition(
      rows.lowerBound >= 0 && rows.upperBound <= size.height && columns.lowerBound >= 0
        && columns.upperBound <= size.width, "\(rows), \(columns) of \(size)")
    guard rows.count < size.height || columns.count < size.width else { return self }
    let (width, channels) = (size.width, channels)
    func cut<Sample>(_ samples: [Sample]) -> [Sample] {
      rows.flatMap { row in
        samples[
          (row * width + columns.lowerBound) * channels..<(row * width + columns.upperBound)
            * channels]
      }
    }
    return Raster(
      size: Size(width: columns.count, height: rows.count), channels: channels,
      samples: samples.mapped(cut, cut, cut, cut))
  }
}
