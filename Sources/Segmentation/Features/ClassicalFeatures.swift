package import Imaging
package import LinearAlgebra

/// The classical features of a picture, computed a band of rows at a time.
///
/// A pixel has the same bits in any band or rectangle, on any thread.
package struct ClassicalFeatures: Sendable {
  package let picture: GreyPicture
  package let set: ClassicalSet

  package init(of picture: GreyPicture, _ set: ClassicalSet) {
    self.picture = picture
    self.set = set
  }

  package var channels: Int { self.set.channels }
  package var size: Size { picture.size }

  /// Rows of a band: wide enough that its halo of 28 costs little, small enough for a cache.
  package static func bandHeight(width: Int) -> Int { min(max(1 << 15 / width, 16), 64) }

  /// Memory for one thread's bands of a number of rows.
  package func makeScratch(rows: Int, columns: Int, step: Int = 1) -> PictureKernels.Scratch {
    PictureKernels.current.makeScratch(
      rows: rows, columns: columns, step: self.set == .scales42 ? step : 1)
  }

  /// Computes a rectangle, `[channels, rows.count · columns.count]`, or every `step`-th pixel of every
  /// `step`-th row of it, from the first, with scratch of that step.
  package func fill(
    rows: Range<Int>, columns: Range<Int>, step: Int = 1, into planes: MutableMatrixView,
    scratch: PictureKernels.Scratch
  ) {
    guard step > 1, self.set == .weka58 else {
      return PictureKernels.current.classical(
        of: picture.levels, width: size.width, rows: rows, columns: columns, into: planes,
        scratch: scratch)
    }
    // Lines through a pixel are summed of all pixels.
    let all = MutableMatrix(rows: channels, columns: rows.count * columns.count)
    fill(rows: rows, columns: columns, into: all.all, scratch: scratch)
    let width = columns.count.taken(every: step)
    for (index, row) in stride(from: 0, to: rows.count, by: step).enumerated() {
      for channel in 0..<channels {
        let taken = (0..<width).map { all[channel, row * columns.count + $0 * step] }
        planes[rows: channel..<channel + 1][columns: index * width..<(index + 1) * width].copy(
          Matrix(rows: 1, columns: width, taken).all)
      }
    }
  }

  /// All channels of the whole picture, `[channels, height · width]`: for tests and for downloads
  /// of small ones.
  package func planes(workers: ThreadPool? = nil) -> Matrix {
    let (width, height) = (size.width, size.height)
    let all = MutableMatrix(rows: channels, columns: width * height)
    let bands = Blocks(of: height, atMost: ClassicalFeatures.bandHeight(width: width))
    workers.forEach(bands.count) { [self] index, _ in
      let rows = bands[index]
      let part = MutableMatrix(rows: channels, columns: rows.count * width)
      fill(
        rows: rows, columns: 0..<width, into: part.all,
        scratch: makeScratch(rows: rows.count, columns: width))
      all[rows: 0..<channels, columns: rows.lowerBound * width..<rows.upperBound * width].copy(
        part.view)
    }
    return all.frozen()
  }

  /// The features of some pixels, `[points.count, channels]`, in their order.
  ///
  /// Only the parts of bands that hold points are computed.
  package func sample(_ points: [(x: Int, y: Int)], workers: ThreadPool? = nil) -> Matrix {
    let out = MutableMatrix(rows: points.count, columns: channels)
    let side = (rows: 32, columns: 128)
    let across = (size.width + side.columns - 1) / side.columns
    var members: [Int: [Int]] = [:]
    for (place, point) in points.enumerated() {
      precondition(
        point.x >= 0 && point.x < size.width && point.y >= 0 && point.y < size.height,
        "(\(point.x), \(point.y)) of \(size)")
      members[point.y / side.rows * across + point.x / side.columns, default: []].append(place)
    }
    let tiles = members.sorted { $0.key < $1.key }
    workers.forEach(tiles.count) { [self] index, _ in
      let (tile, places) = tiles[index]
      let rows = bounds(of: places.map { points[$0].y })
      let columns = bounds(of: places.map { points[$0].x })
      precondition(rows.count <= side.rows && columns.count <= side.columns, "tile \(tile)")
      let planes = MutableMatrix(rows: channels, columns: rows.count * columns.count)
      fill(
        rows: rows, columns: columns, into: planes.all,
        scratch: makeScratch(rows: rows.count, columns: columns.count))
      for place in places {
        let (x, y) = points[place]
        let pixel = (y - rows.lowerBound) * columns.count + x - columns.lowerBound
        for channel in 0..<channels { out[place, channel] = planes[channel, pixel] }
      }
    }
    return out.frozen()
  }

  private func bounds(of values: [Int]) -> Range<Int> {
    let low = values.min() ?? 0
    return low..<(values.max() ?? low - 1) + 1
  }
}
