/// How the rows and columns of a file must be turned to show the picture upright.
///
/// Source: TIFF 6.0, tag 274; Exif 3.0, tag 274.
package enum Orientation: Int, Sendable, Hashable, Codable, CaseIterable {
  case upright = 1
  case flippedColumns
  case halfTurn
  case flippedRows
  case transposed
  case quarterTurnClockwise
  case transverse
  case quarterTurnCounterclockwise

  /// Whether rows become columns.
  package var isTransposed: Bool { rawValue >= 5 }

  /// The size of an upright picture for that of the stored one.
  package func size(of stored: Size) -> Size {
    isTransposed ? Size(width: stored.height, height: stored.width) : stored
  }

  /// Whether columns, rows of the stored picture are read from the end.
  ///
  /// The upright pixel (x, y) is the stored one of column x, row y, or of column y, row x when
  /// transposed, counted from the ends given here.
  var reversed: (columns: Bool, rows: Bool) {
    switch self {
    case .upright, .transposed: (false, false)
    case .flippedColumns, .quarterTurnCounterclockwise: (true, false)
    case .flippedRows, .quarterTurnClockwise: (false, true)
    case .halfTurn, .transverse: (true, true)
    }
  }
}

extension Raster {
  /// The picture turned upright.
  package func upright(from orientation: Orientation) -> Raster {
    guard orientation != .upright else { return self }
    let target = orientation.size(of: size)
    let (width, height, channels) = (size.width, size.height, channels)
    let reversed = orientation.reversed
    func turned<Sample>(_ samples: [Sample]) -> [Sample] {
      var turned: [Sample] = []
      turned.reserveCapacity(samples.count)
      for y in 0..<target.height {
        for x in 0..<target.width {
          let (column, row) = orientation.isTransposed ? (y, x) : (x, y)
          let start =
            ((reversed.rows ? height - 1 - row : row) * width
              + (reversed.columns ? width - 1 - column : column)) * channels
          for channel in 0..<channels { turned.append(samples[start + channel]) }
        }
      }
      return turned
    }
    return Raster(
      size: target, channels: channels,
      samples: samples.mapped(turned, turned, turned, turned))
  }
}
