package import Fields
import Imaging
package import LinearAlgebra

/// Scores of an image's pixels, computed a band of rows at a time.
///
/// A linear map commutes with the interpolation of the field: its patches are projected onto the
/// classes, and only these few values are interpolated; for trees, only the dimensions that they ask
/// for. Of the classical features no more is made than a band. Pixels have the same bits in any band, on any thread.
extension Classifier {
  /// Checks that an image has what the classifier sees, and the dimensions that it has learnt.
  package func check(deep: [FeatureField], grey: GreyPicture?) throws(SegmentationError) {
    if features.isDeep {
      guard let first = deep.first else { throw .missing(.deep) }
      let dim = deep.reduce(0) { $0 + $1.dim }
      guard dim == deepDim else { throw .dimensions(found: dim, expected: deepDim) }
      for field in deep where field.shown != first.shown {
        throw .labelSize(found: field.shown, expected: first.shown)
      }
    }
    if features.classical != nil {
      guard let grey else { throw .missing(.classical) }
      if features.isDeep, let shown = deep.first?.shown, grey.size != shown {
        throw .labelSize(found: grey.size, expected: shown)
      }
    }
  }

  /// The scores of all pixels, `[classes, height · width]`: 4 bytes for each, and no more than a few
  /// bands beside them.
  package func scores(
    deep: [FeatureField], grey: GreyPicture?, workers: ThreadPool? = nil,
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) throws -> Scores {
    try check(deep: deep, grey: grey)
    let size = try size(deep, grey)
    let planes = MutableMatrix(rows: ids.count, columns: size.width * size.height)
    try forEachBand(deep: deep, grey: grey, workers: workers, shouldStop: shouldStop) {
      rows, scores in
      planes[
        rows: 0..<planes.rows,
        columns: rows.lowerBound * size.width..<rows.upperBound * size.width
      ].copy(scores)
    }
    return Scores(size: size, ids: ids, planes: planes.frozen())
  }

  /// The classes of all pixels, or of every `step`-th of every `step`-th row from the first, without
  /// keeping their scores: one byte for each.
  package func labels(
    deep: [FeatureField], grey: GreyPicture?, step: Int = 1, workers: ThreadPool? = nil,
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) throws -> LabelImage {
    let size = try size(deep, grey)
    let parts = try bands(
      deep: deep, grey: grey, step: step, workers: workers, shouldStop: shouldStop
    ) { [ids] _, scores in ScoreKernels.current.labels(of: scores, names: ids) }
    return LabelImage(size: size.taken(every: step), ids: parts.flatMap { $0 })
  }

  private func size(_ deep: [FeatureField], _ grey: GreyPicture?) throws -> Size {
    try check(deep: deep, grey: grey)
    guard let size = features.isDeep ? deep.first?.shown : grey?.size else {
      throw SegmentationError.missing(features.isDeep ? .deep : .classical)
    }
    return size
  }

  /// Passes each band's scores, `[classes, pixels]`, to `body` on some thread.
  private func forEachBand(
    deep: [FeatureField], grey: GreyPicture?, workers: ThreadPool?,
    shouldStop: @escaping @Sendable () -> Bool,
    _ body: @escaping @Sendable (Range<Int>, MatrixView) -> Void
  ) throws {
    _ = try bands(deep: deep, grey: grey, workers: workers, shouldStop: shouldStop, body)
  }

  /// What `body` makes of each band's scores, `[classes, pixels]`, in order from the top; with a step
  /// of every such pixel of every such row.
  package func bands<Part: Sendable>(
    deep: [FeatureField], grey: GreyPicture?, step: Int = 1, workers: ThreadPool? = nil,
    shouldStop: @escaping @Sendable () -> Bool = { false },
    _ body: @escaping @Sendable (Range<Int>, MatrixView) -> Part
  ) throws -> [Part] {
    let size = try size(deep, grey)
    let fields = features.isDeep ? readout.projected(deep, workers) : []
    let classical = features.classical.flatMap { set in grey.map { ClassicalFeatures(of: $0, set) }
    }
    let blocks = Blocks(
      of: size.height.taken(every: step),
      atMost: ClassicalFeatures.bandHeight(width: size.width).taken(every: step))
    // Each begins with a row that is taken.
    let bands = blocks.ranges.map {
      $0.lowerBound * step..<min($0.upperBound * step, size.height)
    }
    let height = bands.map(\.count).max() ?? 0
    let scratch = (0..<workers.members).map { _ in
      BandScratch(
        readout, classes: ids.count, classical, rows: height, width: size.width, step: step)
    }
    let parts = workers.map(bands.count) { [readout] index, member -> Part? in
      if shouldStop() { return nil }
      let scores = scratch[member].scores(
        of: bands[index], fields: fields, classical: classical, readout)
      return body(bands[index], scores)
    }
    let made = parts.compactMap { $0 }
    guard made.count == bands.count else { throw CancellationError() }
    return made
  }
}
