import Fields
import Imaging
import LinearAlgebra

/// One pass over an image's pixels: the nearest centroid of each, and the sums of each cluster's.
struct PixelPass: Sendable {
  /// The label of a pixel that does not count.
  static let outside = UInt8.max

  /// The nearest centroid, of equal ones the first, `[height · width]`.
  var labels: [UInt8] = []
  /// Pixels whose label differs from the one before.
  var changes = 0
  /// `Σ x` over each cluster's pixels, `[k, dim + channels]`.
  var sums: [Double]
  /// Pixels of each cluster, `[k]`.
  var counts: [Int]

  init(clusters k: Int, dim: Int) {
    sums = Array(repeating: 0, count: k * dim)
    counts = Array(repeating: 0, count: k)
  }

  mutating func join(_ other: PixelPass) {
    changes += other.changes
    for place in sums.indices { sums[place] += other.sums[place] }
    for place in counts.indices { counts[place] += other.counts[place] }
  }
}

extension PixelVectors {
  /// Passes over all pixels with centroids, `[k, dim + channels]`; strips are of a fixed number of
  /// rows and joined in their order, whatever the number of threads.
  func pass(
    _ centroids: [[Double]], after former: [UInt8]?, workers: ThreadPool?,
    shouldStop: @escaping @Sendable () -> Bool
  ) throws -> PixelPass {
    if let cells = CellPass(centroids, of: self, workers: workers) {
      return try joined(
        cells.strips(atLeast: PixelVectors.stripRows), after: former, workers, shouldStop
      ) { cells.part($0) }
    }
    let k = centroids.count
    let readout = Readout(centroids, of: self, workers: workers)
    let height = max(8, min(PixelVectors.stripRows, (1 << 21) / (size.width * k)))
    let strips = stride(from: 0, to: size.height, by: height).map {
      $0..<min($0 + height, size.height)
    }
    return try joined(strips, after: former, workers, shouldStop) { rows in
      var part = PixelPass(clusters: k, dim: dim + channels)
      part.labels = readout.labels(of: rows, in: self)
      if let mask {
        let first = rows.lowerBound * size.width
        for place in part.labels.indices where !mask[first + place] {
          part.labels[place] = PixelPass.outside
        }
      }
      for label in part.labels where label != PixelPass.outside { part.counts[Int(label)] += 1 }
      addSums(of: rows, to: &part)
      return part
    }
  }

  private static let stripRows = 64

  /// The parts of all strips, which follow one another, in their order.
  private func joined<Strip: Sendable>(
    _ strips: [Strip], after former: [UInt8]?, _ workers: ThreadPool?,
    _ shouldStop: @escaping @Sendable () -> Bool, _ part: @escaping @Sendable (Strip) -> PixelPass
  ) throws -> PixelPass {
    var whole: PixelPass?
    // A few strips at a time, so that their sums are few.
    for batch in Blocks(of: strips.count, atMost: 32).ranges {
      let parts = try workers.map(batch.count) { index, _ -> PixelPass? in
        shouldStop() ? nil : part(strips[batch.lowerBound + index])
      }.map { part in
        guard let part else { throw CancellationError() }
        return part
      }
      for part in parts {
        guard whole != nil else {
          whole = part
          continue
        }
        whole?.labels += part.labels
        whole?.join(part)
      }
    }
    guard var whole else { preconditionFailure("an image of no pixel") }
    whole.changes =
      former.map { former in zip(whole.labels, former).count { $0 != $1 } } ?? whole.labels.count
    return whole
  }
}

/// The products of centroids with every pixel, and half their squares.
private struct Readout: Sendable {
  let field: FeatureField
  /// `½ |c|²`, `[k]`.
  let offsets: [Float]
  /// The centroids' channels beside the field's, `[k, channels]`.
  let beside: [Float]

  init(_ centroids: [[Double]], of vectors: PixelVectors, workers: ThreadPool?) {
    let weights = Matrix(
      rows: centroids.count, columns: vectors.dim,
      centroids.flatMap { $0.prefix(vectors.dim).map { Float($0) } })
    field = vectors.field.projected(onto: weights, workers: workers)
    offsets = centroids.map { Float($0.reduce(0) { $0 + $1 * $1 } / 2) }
    beside = centroids.flatMap { $0.dropFirst(vectors.dim).map { Float($0) } }
  }

  /// Pixels of which scores are made at a time.
  private static let pixelsAtOnce = 1 << 14

  func labels(of rows: Range<Int>, in vectors: PixelVectors) -> [UInt8] {
    let width = vectors.size.width
    var labels: [UInt8] = []
    labels.reserveCapacity(rows.count * width)
    let names = offsets.indices.map { UInt8($0) }
    field.forEachPart(rows: rows, columns: 0..<width, atMost: Readout.pixelsAtOnce) { scores in
      let first = rows.lowerBound * width + labels.count
      let pixels = first..<first + scores.rows
      guard let planes = vectors.planes else {
        labels += RowKernels.current.nearest(
          of: scores, less: offsets, scaledBy: vectors.lengths?[pixels])
        return
      }
      let out = MutableMatrix(rows: offsets.count, columns: scores.rows)
      ScoreKernels.current.project(
        planes[rows: 0..<planes.rows, columns: pixels], onto: beside, bias: offsets.map { -$0 },
        adding: scores, into: out.all)
      labels += ScoreKernels.current.labels(of: out.view, names: names)
    }
    return labels
  }
}
