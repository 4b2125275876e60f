import Encoders
import Fields
import LinearAlgebra

/// A pass over the pixels of a field of one grid.
///
/// A pixel's scores are mixed from those of the four cells around it. Where one centroid's score is
/// the larger at all four, no mixture prefers the other: most pixels have one centroid or two left,
/// and those with one have their label at once.
struct CellPass: Sendable {
  private let term: Term
  private let columns: MixedPositions
  /// Of every cell, `[cells, k]`: `g · c − ½ |c|²`.
  private let scores: Matrix
  /// More than rounding changes a score by.
  private let margin: Float

  /// `nil` for vectors whose scores are not mixed so.
  init?(_ centroids: [[Double]], of vectors: PixelVectors, workers: ThreadPool?) {
    guard vectors.lengths == nil, vectors.planes == nil, vectors.mask == nil,
      vectors.field.terms.count == 1
    else {
      return nil
    }
    let weights = Matrix(
      rows: centroids.count, columns: vectors.dim, centroids.flatMap { $0.map { Float($0) } })
    let offsets = Matrix(
      rows: 1, columns: centroids.count,
      centroids.map { Float($0.reduce(0) { $0 + $1 * $1 } / 2) })
    let products = vectors.field.projected(onto: weights, workers: workers).terms[0].map.vectors
      .widened
    let scores = MutableMatrix(rows: products.rows, columns: products.columns)
    RowKernels.current.combine(
      [products.all], weights: [1], centre: offsets, into: scores.all)
    term = vectors.field.terms[0]
    let across = term.horizontal
    columns = MixedPositions(
      of: across.cells, first: across.first, second: across.second,
      firstWeights: across.firstWeights, secondWeights: across.secondWeights)
    self.scores = scores.frozen()
    margin = 4e-6 * scores.values.reduce(0) { max($0, abs($1)) }
  }

  /// Rows of pixels between the same rows of cells, together about as many as a strip has.
  func strips(atLeast height: Int) -> [[Range<Int>]] {
    let first = term.vertical.first
    var (strips, strip, begin): ([[Range<Int>]], [Range<Int>], Int) = ([], [], 0)
    for row in 1...first.count where row == first.count || first[row] != first[begin] {
      strip.append(begin..<row)
      begin = row
      if row - strip[0].lowerBound >= height || row == first.count {
        strips.append(strip)
        strip = []
      }
    }
    return strips
  }

  /// The labels, sums and counts of a strip.
  func part(_ strip: [Range<Int>]) -> PixelPass {
    let (down, cells, k) = (term.vertical, columns.cells, scores.columns)
    let ends = strip.map { rows in
      (upper: Int(down.first[rows.lowerBound]), lower: Int(down.second[rows].max() ?? 0))
    }
    let low = ends.reduce(Int.max) { min($0, $1.upper) }
    let high = ends.reduce(0) { max($0, $1.lower) }
    var labelled = ScoreKernels.Labelled(rowsOfCells: high - low + 1, cells: cells, classes: k)
    func row(_ cell: Int) -> MatrixView { scores[rows: cell * cells..<(cell + 1) * cells] }
    for (rows, (upper, lower)) in zip(strip, ends) {
      ScoreKernels.current.label(
        columns, above: Array(down.firstWeights[rows]), below: Array(down.secondWeights[rows]),
        upper: row(upper), lower: row(lower), at: (upper - low, lower - low), margin: margin,
        into: &labelled)
    }
    var part = PixelPass(clusters: k, dim: term.map.vectors.columns)
    part.labels = labelled.labels
    part.counts = labelled.counts.map { Int($0) }
    part.sums = ScoreKernels.current.sums(
      term.map.vectors[rows: low * cells..<(high + 1) * cells], by: labelled.weights, classes: k,
      isSparse: true)
    return part
  }
}
